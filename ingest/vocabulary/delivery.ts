import { z } from 'zod';
import { name } from './commit.ts';

/** A delivery that verified but could not be read. Listed under /v1/rejected until a replay makes events of it. */
export const deliveryEvents = {
  'delivery.rejected': z.object({ source: name, reason: z.string().max(2000), event: z.string().max(256).optional() }),
};
