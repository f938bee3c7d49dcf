import { createHash } from 'node:crypto';
import type { EventData } from '../../ingest/vocabulary/vocabulary.ts';
import type { Stated } from './publication.ts';

/** Fewest people who commented on an item before anything of it is shown, and fewest to whom more is shown (metrics.md §9.2). */
export const MIN_COMMENTERS = 10;

/** Comments that were given out together. */
export type CommentsPublication = EventData<'survey.comments_published'>;

/** What one person wrote in a closed wave, as the store has it. */
export interface Comment {
  /** By which the comments of one person are told from those of others; nobody's name. */
  readonly respondent: string;
  readonly text: string;
  /** UTC ISO with milliseconds: when the log had it. */
  readonly recordedAt: string;
}

/** All that was written on one item of a closed wave, or on the wave (no item), before the close. */
export interface CommentSet {
  readonly wave: string;
  readonly item: string | null;
  readonly closeKnownAt: string;
  /** In the order in which it was written. */
  readonly comments: readonly Comment[];
}

/**
 * What more to give out of a set after what was given out before: null while it is the comments of fewer than k people. What
 * was given out stays as it is, whatever the same people wrote besides: so any two answers differ by nobody or by at least k.
 */
export function nextComments(
  before: readonly Stated<CommentsPublication>[],
  set: CommentSet,
  k = MIN_COMMENTERS,
): CommentsPublication | null {
  const { added, certain } = notGiven(set.comments, before);
  if (certain < k) return null;
  const times = [set.closeKnownAt, before.at(-1)?.data.known_until ?? '', ...added.map((one) => one.recordedAt)];
  return {
    wave: set.wave,
    ...(set.item === null ? {} : { item: set.item }),
    after: before.at(-1)?.id ?? '',
    known_until: times.sort().at(-1)!,
    comments: shuffled(added.map(({ text }) => text)),
  };
}

/** The comments that may be told: those given out by now, or those of which every one was known at a past instant. */
export function toldComments(held: readonly Stated<CommentsPublication>[], asOf: string | null): readonly string[] {
  return shuffled(textsOf(held.filter(({ data }) => asOf === null || data.known_until <= asOf)));
}

/**
 * Of each person of whom nothing was given out, the comment that counts; and how many of these are people more for certain: a
 * text that was given out and that nobody is known by any more may be of one who says something else now, since a newer
 * normaliser reads it otherwise, or it was taken back and said anew.
 */
function notGiven(
  comments: readonly Comment[],
  before: readonly Stated<CommentsPublication>[],
): { readonly added: readonly Comment[]; readonly certain: number } {
  const left = new Map<string, number>();
  for (const text of textsOf(before)) left.set(text, (left.get(text) ?? 0) + 1);
  const wasGiven = (text: string): boolean => {
    const times = left.get(text) ?? 0;
    left.set(text, times - 1);
    return times > 0;
  };
  const times = before.map(({ data }) => data.known_until);
  const people = [...byRespondent(comments)].map((own) => ({ own, standing: standingOf(own, times) }));
  const rest = people.filter(({ standing }) => !wasGiven(standing.text));
  // Of what came in at one instant a publication may have had a part: then it was another comment of the person.
  const added = rest
    .filter(({ own }) => !own.some(({ text }) => (left.get(text) ?? 0) > 0 && wasGiven(text)))
    .map(({ standing }) => standing);
  const unclaimed = [...left.values()].reduce((sum, times) => sum + Math.max(0, times), 0);
  return { added, certain: added.length - unclaimed };
}

/**
 * The comment of a person that counts: the last of those known when the person's were first given out, since that is the one
 * that was; else the last of all.
 */
function standingOf(own: readonly Comment[], publishedAt: readonly string[]): Comment {
  const until = publishedAt.find((time) => own.some(({ recordedAt }) => recordedAt <= time));
  return own.findLast(({ recordedAt }) => until === undefined || recordedAt <= until)!;
}

function byRespondent(comments: readonly Comment[]): Iterable<readonly Comment[]> {
  const people = new Map<string, Comment[]>();
  for (const one of comments) {
    const own = people.get(one.respondent);
    if (own) own.push(one);
    else people.set(one.respondent, [one]);
  }
  return people.values();
}

function textsOf(held: readonly Stated<CommentsPublication>[]): readonly string[] {
  return held.flatMap(({ data }) => data.comments);
}

/** By a digest of the text: an order that says nothing of who wrote it, when, or what is beside it. */
function shuffled(texts: readonly string[]): string[] {
  const keyed = texts.map((text) => ({ text, key: createHash('sha256').update(text).digest('hex') }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ text }) => text);
}
