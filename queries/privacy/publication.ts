import { type EventOf, eventId, type NormalizedEvent } from '../../ingest/event.ts';
import { currentVersion } from '../../ingest/upcast.ts';
import type { EventData } from '../../ingest/vocabulary/vocabulary.ts';
import { blocksOf, type Group, isSafe, type Place, placeKey } from './blocks.ts';
import { MIN_RESPONDENTS } from './suppression.ts';

/** What was given out of the answers to one item of a wave, or of who responded (no item). */
export type Publication = EventData<'survey.published'>;
export type Block = Publication['blocks'][number];

/** What every publication says: of which set it is, and what was given out of it before. */
export type Chained = Pick<Publication, 'wave' | 'item' | 'after'>;

/** A publication in the log. */
export interface Stated<D extends Chained = Publication> {
  readonly id: string;
  readonly data: D;
}

/** Answers of one item (or responses) as they stand now, those alike together. */
export interface Standing extends Place {
  readonly score: number;
  /** UTC ISO with milliseconds: when the log had them. */
  readonly recordedAt: string;
  readonly count: number;
}

/** One item of a closed wave, or its responses, as it stands now. */
export interface AnswerSet {
  readonly wave: string;
  /** Null: who responded. */
  readonly item: string | null;
  readonly scale: '1-5' | '0-10';
  readonly versions: readonly string[];
  readonly closedAt: string;
  readonly closeKnownAt: string;
  readonly answers: readonly Standing[];
  /** People invited, by place. */
  readonly invited: readonly (Place & { readonly count: number })[];
}

/** Who states publications: nobody else can, since what comes in from outside has a delivery. */
export const PUBLISHER = 'headway';

/**
 * What to give out of a set now, after what was given out before: null if nothing new may be (metrics.md §9.2, rule 4). Blocks
 * stay what they are for ever; one is made anew when at least k people's answers in it have changed, and not all alike.
 */
export function nextPublication(before: Stated | null, set: AnswerSet, k = MIN_RESPONDENTS): Publication | null {
  const placed: Placed = { set, answers: byPlace(set.answers), invited: byPlace(set.invited) };
  const held = (before?.data.blocks ?? []).filter(({ n }) => n > 0);
  const frozen = new Set(held.flatMap(({ cells }) => cells.map(placeKey)));
  let changed = before === null;
  const kept = held.map((block) => {
    const fresh = refreshed(block, placed, k);
    if (fresh !== null) changed = true;
    return fresh ?? block;
  });
  const places = new Map<string, Place>();
  for (const place of [...set.answers, ...set.invited])
    if (!frozen.has(placeKey(place))) places.set(placeKey(place), place);
  const groups = [...places.values()].map(({ team, region }) => groupOf(placed, [{ team, region }]));
  const added = blocksOf(groups, k).map((group) => blockOf(placed, group));
  if (added.some(({ n }) => n > 0)) changed = true;
  const blocks = [...kept, ...added];
  if (!changed || blocks.length === 0) return null;
  return {
    wave: set.wave,
    ...(set.item === null ? {} : { item: set.item }),
    scale: set.scale,
    after: before?.id ?? '',
    versions: [...set.versions],
    closed_at: before?.data.closed_at ?? set.closedAt,
    close_known_at: before?.data.close_known_at ?? set.closeKnownAt,
    blocks,
  };
}

/** The event that states a publication. */
export function publicationEvent(data: Publication, now: string): NormalizedEvent {
  return statement('survey.published', data, now);
}

/** An event about a wave that Headway itself states. The same statement has the same id, whichever process makes it. */
export function statement<T extends 'survey.published' | 'survey.comments_published'>(
  type: T,
  data: EventData<T>,
  now: string,
): NormalizedEvent {
  const event: EventOf<T> = {
    id: eventId(PUBLISHER, [type, JSON.stringify(data)]),
    type,
    version: currentVersion(type),
    normaliser: 1,
    source: PUBLISHER,
    subject: `survey:${data.wave}`,
    occurred_at: now,
    delivery_id: '',
    data,
  };
  return event as NormalizedEvent;
}

/**
 * The publications of each set that hold, in order, from all that the log has, in the log's order: the first that comes after
 * what holds. So two processes that publish at once agree on what was.
 */
export function ledgerOf<D extends Chained>(stated: readonly Stated<D>[]): ReadonlyMap<string, readonly Stated<D>[]> {
  const ledger = new Map<string, Stated<D>[]>();
  for (const one of stated) {
    const key = setKey(one.data.wave, one.data.item ?? null);
    const held = ledger.get(key) ?? [];
    if (one.data.after === (held.at(-1)?.id ?? '')) ledger.set(key, [...held, one]);
  }
  return ledger;
}

/** One text per set. */
export function setKey(wave: string, item: string | null): string {
  return JSON.stringify([wave, item]);
}

/** When the log had the last of what a publication tells: before, it was not known (metrics.md §12). */
export function knownUntil({ blocks, close_known_at }: Publication): string {
  return [close_known_at, ...blocks.map(({ known_until }) => known_until)].sort().at(-1)!;
}

/** A set with its answers and the people invited by place: there are many places, each of which asks for its own. */
interface Placed {
  readonly set: AnswerSet;
  readonly answers: ReadonlyMap<string, AnswerSet['answers']>;
  readonly invited: ReadonlyMap<string, AnswerSet['invited']>;
}

function byPlace<T extends Place>(list: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const places = new Map<string, T[]>();
  for (const one of list) {
    const key = placeKey(one);
    const own = places.get(key);
    if (own) own.push(one);
    else places.set(key, [one]);
  }
  return places;
}

/** What of a list lies in any of the places. */
function within<T>(known: ReadonlyMap<string, readonly T[]>, places: readonly Place[]): readonly T[] {
  return [...new Set(places.map(placeKey))].flatMap((key) => known.get(key) ?? []);
}

/** The block as it stands now, or null if fewer than k people's answers have changed, or all that came are alike. */
function refreshed(block: Block, placed: Placed, k: number): Block | null {
  const own = within(placed.answers, block.cells);
  const late = own.filter(({ recordedAt }) => recordedAt > block.known_until);
  const came = countOf(late);
  const stayed = countOf(own) - came;
  const added = came + Math.max(0, stayed - block.n);
  const gone = Math.max(0, block.n - stayed);
  const group = groupOf(placed, block.cells);
  const news = { n: Math.max(added, gone), scores: scoresOf(late, placed.set) };
  if (news.n === 0 || !isSafe(news, k) || !isSafe(group, k)) return null;
  return blockOf(placed, group);
}

function groupOf({ set, answers }: Placed, places: readonly Place[]): Group {
  const own = within(answers, places);
  return { places, n: countOf(own), scores: scoresOf(own, set) };
}

function blockOf({ set, answers, invited }: Placed, { places, n, scores }: Group): Block {
  const times = within(answers, places).map(({ recordedAt }) => recordedAt);
  return {
    cells: places.map(({ team, region }) => ({ team, region })),
    n,
    invited: countOf(within(invited, places)),
    scores: [...scores].sort(([a], [b]) => a - b).map(([score, count]) => ({ score, count })),
    known_until: [set.closeKnownAt, ...times].sort().at(-1)!,
  };
}

function countOf(list: readonly { readonly count: number }[]): number {
  return list.reduce((sum, { count }) => sum + count, 0);
}

function scoresOf(answers: readonly Standing[], { item }: AnswerSet): ReadonlyMap<number, number> {
  const scores = new Map<number, number>();
  if (item === null) return scores;
  for (const { score, count } of answers) scores.set(score, (scores.get(score) ?? 0) + count);
  return scores;
}
