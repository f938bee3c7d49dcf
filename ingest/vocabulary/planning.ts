import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/** Objectives, key results and SLOs as the workspace defines them; a new definition holds from `occurred_at`. */
export const planningEvents = {
  'objective.defined': z.object({
    objective: name,
    title: z.string().max(512),
    owner: name.optional(),
    period_start: instant,
    period_end: instant,
    kind: z.enum(['committed', 'aspirational']).default('aspirational'),
    serves: name.optional(),
    /** The key results that it has; those defined and not listed belong to it no longer. Absent: all that name it. */
    key_results: z.array(name).max(50).optional(),
  }),
  'keyresult.defined': z.object({ key_result: name, objective: name, definition: z.json() }),
  'slo.defined': z.object({ slo: name, public: z.boolean().default(false), definition: z.json() }),
};
