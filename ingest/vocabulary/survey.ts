import { z } from 'zod';
import { name } from './commit.ts';

/** A survey wave and its answers. `occurred_at` = opened, closed, invited, answered. `respondent` is a pseudonym. */
export const surveyEvents = {
  'survey.wave_opened': z.object({ wave: name, title: z.string().max(512).optional() }),
  'survey.wave_closed': z.object({ wave: name }),
  'survey.invited': z.object({ wave: name, respondent: name, team: name.optional() }),
  'survey.answered': z.object({
    wave: name,
    item: name,
    score: z.number().min(0).max(10),
    respondent: name,
    /** The team the person belonged to when invited (metrics.md §9.2). */
    team: name.optional(),
    version: name.optional(),
  }),
};
