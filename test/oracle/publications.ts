import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { UNASSIGNED } from './catalog.ts';
import { compareText, dataOf, knownEvents, type Recorded, timeOf } from './known.ts';
import { by, lastStated } from './principals.ts';

const FEWEST = 5;

export type Scale = '1-5' | '0-10' | 'responses';

/** Where people stand in a wave. */
export interface Place {
  readonly team: string;
  readonly region: string;
}

interface Answer {
  readonly who: string;
  readonly place: Place;
  readonly score: number;
  /** When the log had it. */
  readonly knownAt: number;
}

/** The answers to one item of a closed wave, or (item null) that somebody responded. */
interface AnswerSet {
  readonly wave: string;
  readonly item: string | null;
  readonly scale: Scale;
  readonly versions: readonly string[];
  readonly closedAt: number;
  readonly closeKnownAt: number;
  readonly answers: readonly Answer[];
  readonly invited: readonly Place[];
}

/** Places of which answers are only ever told together, as they were when they were last published. */
export interface Block {
  readonly places: readonly Place[];
  readonly scores: readonly number[];
  readonly n: number;
  readonly invited: number;
  readonly knownUntil: number;
}

interface Publication {
  readonly blocks: readonly Block[];
  readonly versions: readonly string[];
  readonly knownUntil: number;
}

/** What was ever given out, oldest first, by set. */
export type Ledger = Map<string, Publication[]>;

/** One set as it may be told. */
export interface ToldSet {
  readonly wave: string;
  readonly item: string | null;
  readonly scale: Scale;
  readonly closedAt: number;
  readonly versions: readonly string[];
  readonly blocks: readonly Block[];
  /** Wherever there is anything, told or not. */
  readonly places: readonly Place[];
}

/** R32a: gives out what may be of the waves closed in `[from, to)` as known at `now`, and tells what stands at `asOf`. */
export function published(
  history: readonly Recorded[],
  ledger: Ledger,
  now: number,
  span: { readonly start: number; readonly end: number },
  asOf: number,
): ToldSet[] {
  const sets = setsOf(history, now).filter((set) => set.closedAt >= span.start && set.closedAt < span.end);
  return sets.flatMap((set): ToldSet[] => {
    const key = JSON.stringify([set.wave, set.item]);
    const held = ledger.get(key) ?? [];
    const next = nextOf(held.at(-1) ?? null, set);
    if (next) held.push(next);
    ledger.set(key, held);
    if (set.closeKnownAt > asOf) return [];
    const last = held.findLast((one) => one.knownUntil <= asOf);
    return [{ ...set, versions: last?.versions ?? [], blocks: last?.blocks ?? [], places: placesOf(set) }];
  });
}

/** R32: every set of every closed wave, as known at an instant. */
function setsOf(history: readonly Recorded[], now: number): AnswerSet[] {
  const recorded = new Map<string, number>();
  for (const { event, recorded_at } of history)
    recorded.set(event.id, Math.min(recorded.get(event.id) ?? Number.POSITIVE_INFINITY, Date.parse(recorded_at)));
  const waves = by(
    knownEvents(history, now).filter((event) => event.type.startsWith('survey.')),
    (event) => text(dataOf(event).wave),
  );
  return [...waves].flatMap(([wave, events]): AnswerSet[] => {
    const close = events.find((event) => event.type === 'survey.wave_closed');
    if (!close) return [];
    const closedAt = timeOf(close);
    const invitations = events.filter((event) => event.type === 'survey.invited');
    const given = events.filter((event) => event.type === 'survey.answered' && timeOf(event) < closedAt);
    const who = (event: NormalizedEvent): string => text(dataOf(event).respondent);
    const placeOf = (person: string): Place => {
      const stated = (field: string): string =>
        lastStated(
          invitations.filter((event) => who(event) === person),
          field,
        ) ||
        lastStated(
          given.filter((event) => who(event) === person),
          field,
        ) ||
        UNASSIGNED;
      return { team: stated('team'), region: stated('region') };
    };
    const shared = {
      wave,
      closedAt,
      closeKnownAt: recorded.get(close.id)!,
      invited: [...new Set(invitations.map(who))].map(placeOf),
    };
    const answerOf = (event: NormalizedEvent): Answer => ({
      who: who(event),
      place: placeOf(who(event)),
      score: dataOf(event).score as number,
      knownAt: recorded.get(event.id)!,
    });
    const items = [...by(given, (event) => text(dataOf(event).item))].map(([item, all]): AnswerSet => {
      const isTen = all.some((event) => dataOf(event).scale === '0-10') || ['enps', 'nps'].includes(item.toLowerCase());
      const [least, most] = isTen ? [0, 10] : [1, 5];
      const latest = [...by(all, who).values()].map((own) => answerOf(own.at(-1)!));
      return {
        ...shared,
        item,
        scale: isTen ? '0-10' : '1-5',
        versions: [...new Set(all.map((event) => text(dataOf(event).version)))].filter((one) => one !== ''),
        answers: latest.filter(({ score }) => score >= least && score <= most),
      };
    });
    const responses = [...by(given, who).values()].map((own) => ({ ...answerOf(own[0]!), score: Number.NaN }));
    return [...items, { ...shared, item: null, scale: 'responses', versions: [], answers: responses }];
  });
}

function placesOf(set: AnswerSet): Place[] {
  const all = [...set.answers.map((answer) => answer.place), ...(set.item === null ? set.invited : [])];
  return [...new Map(all.map((place) => [keyOf(place), place])).values()];
}

export function keyOf({ team, region }: Place): string {
  return JSON.stringify([team, region]);
}

/** metrics.md §9.2, rules 1 and 5. */
function isSafe(answers: readonly Answer[], item: string | null): boolean {
  const alike = item !== null && new Set(answers.map((answer) => answer.score)).size === 1;
  return answers.length >= (alike ? 2 * FEWEST : FEWEST);
}

function nextOf(before: Publication | null, set: AnswerSet): Publication | null {
  const held = (before?.blocks ?? []).filter((block) => block.n > 0);
  const kept = held.map((block) => {
    const own = inside(set, block.places);
    const late = own.filter((answer) => answer.knownAt > block.knownUntil);
    return isSafe(late, set.item) && isSafe(own, set.item) ? blockOf(set, block.places) : block;
  });
  const frozen = new Set(held.flatMap((block) => block.places.map(keyOf)));
  const all = [...set.answers.map((answer) => answer.place), ...set.invited];
  const free = [...new Map(all.map((place) => [keyOf(place), place])).values()].filter(
    (place) => !frozen.has(keyOf(place)),
  );
  const added = joinedPlaces(set, free).map((places) => blockOf(set, places));
  const isNew = kept.some((block, index) => block !== held[index]) || added.some((block) => block.n > 0);
  const blocks = [...kept, ...added];
  if (blocks.length === 0 || (before !== null && !isNew)) return null;
  return {
    blocks,
    versions: set.versions,
    knownUntil: Math.max(set.closeKnownAt, ...blocks.map((block) => block.knownUntil)),
  };
}

function inside(set: AnswerSet, places: readonly Place[]): Answer[] {
  const keys = new Set(places.map(keyOf));
  return set.answers.filter((answer) => keys.has(keyOf(answer.place)));
}

function blockOf(set: AnswerSet, places: readonly Place[]): Block {
  const own = inside(set, places);
  const keys = new Set(places.map(keyOf));
  return {
    places,
    scores: own.map((answer) => answer.score).sort((a, b) => a - b),
    n: own.length,
    invited: set.invited.filter((place) => keys.has(keyOf(place))).length,
    knownUntil: Math.max(set.closeKnownAt, ...own.map((answer) => answer.knownAt)),
  };
}

/**
 * R32a: the smallest that may not be told is joined with the next smallest of its team; teams that are still too small, with
 * the next smallest of the same regions, else of all. Places without an answer stand alone.
 */
function joinedPlaces(set: AnswerSet, free: readonly Place[]): Place[][] {
  const empty = free.filter((place) => inside(set, [place]).length === 0).map((place) => [place]);
  const answered = free.filter((place) => inside(set, [place]).length > 0);
  const teams = [...new Set(answered.map((place) => place.team))];
  const whole = teams.flatMap((team) =>
    join(
      set,
      answered.filter((place) => place.team === team).map((place) => [place]),
    ),
  );
  const blocks = join(set, whole);
  return [...empty, ...(blocks.every((block) => isSafe(inside(set, block), set.item)) ? blocks : [])];
}

function join(set: AnswerSet, groups: readonly Place[][]): Place[][] {
  const first = (group: readonly Place[]): string => group.map(keyOf).sort(compareText)[0]!;
  const sorted = [...groups].sort(
    (a, b) => inside(set, a).length - inside(set, b).length || compareText(first(a), first(b)),
  );
  const small = sorted.find((group) => !isSafe(inside(set, group), set.item));
  if (!small || sorted.length === 1) return sorted;
  const regions = (group: readonly Place[]): string => [...new Set(group.map((place) => place.region))].sort().join();
  const others = sorted.filter((group) => group !== small);
  const partner = others.find((group) => regions(group) === regions(small)) ?? others[0]!;
  return join(set, [...others.filter((group) => group !== partner), [...small, ...partner]]);
}
