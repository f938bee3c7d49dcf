import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

const person = z.object({
  person: name,
  team: name.optional(),
  region: name.optional(),
});
const training = person.extend({
  course: name,
  /** Tells two assignments of one course apart. */
  assignment_id: name.optional(),
});

/** People coming, going, starting and learning. `occurred_at` = when it was so. */
export const peopleEvents = {
  'person.joined': person.extend({
    engineering: z.boolean().optional(),
    /** False: known from before the records begin, so that no clock of a newcomer starts. */
    newcomer: z.boolean().optional(),
  }),
  'person.left': person.extend({ voluntary: z.boolean().optional() }),
  'person.moved': person.extend({ engineering: z.boolean().optional() }),
  'onboarding.started': person,
  'onboarding.step': person.extend({ step: name }),
  'onboarding.completed': person,
  /**
   * Somebody's names were taken out of the log; `person` is what stands there now, and the counts are of records. Stated by
   * Headway itself.
   */
  'person.erased': z.object({
    person: name,
    names: z.int().min(0),
    events: z.int().min(0),
    deliveries: z.int().min(0),
  }),
  'training.assigned': training.extend({ due_at: instant }),
  'training.completed': training.extend({ passed: z.boolean().optional() }),
};
