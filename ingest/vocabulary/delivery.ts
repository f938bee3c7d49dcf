import { z } from 'zod';
import { name } from './commit.ts';

const verdict = z.object({ source: name, reason: z.string().max(2000), event: z.string().max(256).optional() });

/**
 * A delivery that verified but could not be read: listed under /v1/rejected until a replay makes events of it.
 * `delivery.ignored` is stated only when a replay finds nothing in it, so that what older code made of it is gone.
 */
export const deliveryEvents = {
  'delivery.rejected': verdict,
  'delivery.ignored': verdict,
};
