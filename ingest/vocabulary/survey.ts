import { z } from 'zod';
import { instant } from '../time.ts';
import { name } from './commit.ts';

/** The scale that an item is answered on: 1 to 5 unless stated, 0 to 10 for eNPS. */
const scale = z.enum(['1-5', '0-10']);

/** Some teams (in regions) of which answers are only ever shown together, as they were when they were last published. */
const block = z.object({
  cells: z.array(z.object({ team: name, region: name })).min(1),
  /** People who answered; with `scores`, how many gave each score. */
  n: z.number().int().min(0),
  invited: z.number().int().min(0),
  scores: z.array(z.object({ score: z.number(), count: z.number().int().min(1) })),
  /** When the log had the last of what this counts. */
  known_until: instant,
});

/** Most characters of a comment. */
export const LONGEST_COMMENT = 4096;

/** A survey wave and its answers. `occurred_at` = opened, closed, invited, answered, commented. `respondent` is a pseudonym. */
export const surveyEvents = {
  'survey.wave_opened': z.object({ wave: name, title: z.string().max(512).optional() }),
  'survey.wave_closed': z.object({ wave: name }),
  /** `team` and `region` hold for everything that the person answers in the wave (metrics.md §9.2, rule 3). */
  'survey.invited': z.object({ wave: name, respondent: name, team: name.optional(), region: name.optional() }),
  'survey.answered': z.object({
    wave: name,
    item: name,
    score: z.number().min(0).max(10),
    respondent: name,
    /** The team the person belonged to when invited (metrics.md §9.2). */
    team: name.optional(),
    region: name.optional(),
    version: name.optional(),
    scale: scale.optional(),
  }),
  /** What somebody wrote about an item (absent: about the wave as a whole); taken only where comments are asked for. */
  'survey.commented': z.object({
    wave: name,
    item: name.optional(),
    respondent: name,
    text: z.string().trim().min(1).max(LONGEST_COMMENT),
    version: name.optional(),
  }),
  /**
   * What was given out of the answers to one item of a closed wave (`item` absent: of who responded), stated by Headway
   * itself when it first was, and again when enough has come in since: nothing else is ever given out (metrics.md §9.2).
   * `after` is the id of the publication that it replaces, empty for the first: of two that replace the same, the first holds.
   */
  'survey.published': z.object({
    wave: name,
    item: name.optional(),
    scale,
    after: z.string(),
    versions: z.array(name),
    closed_at: instant,
    close_known_at: instant,
    blocks: z.array(block).min(1),
  }),
  /**
   * Comments on one item of a closed wave (absent: on the wave as a whole) that were given out, beside those given out before:
   * `after` is the id of the publication that these follow, empty for the first; of two that follow the same, the first holds.
   * They are in an order that tells nothing, and nothing says whose they are.
   */
  'survey.comments_published': z.object({
    wave: name,
    item: name.optional(),
    after: z.string(),
    /** When the log had the last of these, and the close. */
    known_until: instant,
    comments: z.array(z.string().min(1)).min(1),
  }),
};
