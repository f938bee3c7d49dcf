import { type Axis, WHOLE } from '../axis.ts';
import { type Cell, cellName, emptyCell } from '../cells.ts';
import type { MetricRequest } from '../request.ts';
import { type Place, placeKey } from './blocks.ts';
import { type PublishingDeps, publishedSets, type Told } from './ledger.ts';
import type { Block } from './publication.ts';

/** Which answers a metric counts: those on one of the scales, or who responded. */
export type SurveyMeasure = '1-5' | '0-10' | 'responses';

/** What a row of published answers is made of, beside the answers themselves, for the metric's fields. */
export interface SurveyCell {
  /** Something is there that may not be told: the row says nothing else. */
  readonly hidden: boolean;
  /** Something is there that may not be told, and was left out. */
  readonly leftOut: boolean;
  /** People who answered, and who were invited to; of several items each counts for itself. */
  readonly answered: number;
  readonly invited: number;
  /** Per block in which anyone answered, its mean and how many were invited: what headcounts weigh. */
  readonly strata: readonly { readonly mean: number; readonly invited: number }[];
  /** Every score, ascending. */
  readonly values: readonly number[];
  /** An item was asked in more than one wording. */
  readonly mixed: boolean;
}

/** The dimensions by which people are told apart; wave and item tell questions apart. */
const personal = ['team', 'region'] as const;

/** Numbers of published answers, per bucket and group: of whole blocks, and hidden where a block is cut (metrics.md §9.2). */
export async function readAnswered(
  deps: PublishingDeps,
  measure: SurveyMeasure,
  request: MetricRequest,
  axis: Axis,
): Promise<ReadonlyMap<string, Cell>> {
  const iso = (time: number) => new Date(time).toISOString();
  const span = { from: iso(axis.reach.start), to: iso(axis.window.end) };
  return cellsOf(await publishedSets(deps, span, request.asOf), measure, request, axis);
}

/** The numbers of a question made of what may be told, and of nothing else. */
export function cellsOf(
  sets: readonly Told[],
  measure: SurveyMeasure,
  request: Pick<MetricRequest, 'groupBy' | 'filters'>,
  axis: Pick<Axis, 'reach' | 'window' | 'buckets'>,
): ReadonlyMap<string, Cell> {
  const drafts = new Map<string, Draft>();
  for (const set of sets) {
    if (!isAsked(request, 'wave', set.wave)) continue;
    if (measure !== (set.item === null ? 'responses' : set.scale)) continue;
    if (set.item !== null && !isAsked(request, 'item', set.item)) continue;
    for (const bucket of bucketsOf(axis, Date.parse(set.closedAt))) gather(drafts, request, bucket, set);
  }
  return new Map([...drafts].map(([name, draft]) => [name, cellOf(draft, measure)]));
}

/** What is gathered for one bucket and group. */
interface Draft {
  readonly bucket: number;
  readonly keys: readonly string[];
  readonly blocks: Block[];
  /** Item to the versions of its wording. */
  readonly versions: Map<string, Set<string>>;
  cut: boolean;
  leftOut: boolean;
}

function gather(
  drafts: Map<string, Draft>,
  request: Pick<MetricRequest, 'groupBy' | 'filters'>,
  bucket: number,
  set: Told,
): void {
  const draftOf = (place: Place): Draft | null => {
    if (personal.some((name) => !isAsked(request, name, place[name]))) return null;
    const values: Readonly<Record<string, string>> = { ...place, wave: set.wave, item: set.item ?? '' };
    const keys = request.groupBy.map((name) => values[name] ?? '');
    const name = cellName(bucket, keys);
    const draft = drafts.get(name) ?? { bucket, keys, blocks: [], versions: new Map(), cut: false, leftOut: false };
    drafts.set(name, draft);
    return draft;
  };
  const told = new Set<string>();
  for (const block of set.publication?.blocks ?? []) {
    const shares = new Map<Draft, number>();
    for (const place of block.cells) {
      told.add(placeKey(place));
      const draft = draftOf(place);
      if (draft !== null) shares.set(draft, (shares.get(draft) ?? 0) + 1);
    }
    for (const [draft, places] of shares) {
      if (places < block.cells.length) draft.cut = true;
      else draft.blocks.push(block);
      const versions = draft.versions.get(set.item ?? '') ?? new Set();
      for (const version of set.publication?.versions ?? []) versions.add(version);
      draft.versions.set(set.item ?? '', versions);
    }
  }
  for (const place of set.places) {
    if (told.has(placeKey(place))) continue;
    const draft = draftOf(place);
    if (draft !== null) draft.leftOut = true;
  }
}

function cellOf({ bucket, keys, blocks, versions, cut, leftOut }: Draft, measure: SurveyMeasure): Cell {
  const cell = emptyCell(bucket, keys);
  const values = blocks
    .flatMap(({ scores }) => scores.flatMap(({ score, count }) => Array<number>(count).fill(score)))
    .sort((a, b) => a - b);
  const answered = sum(blocks, ({ n }) => n);
  const invited = sum(blocks, (block) => block.invited);
  const survey: SurveyCell = {
    hidden: cut || (leftOut && answered === 0),
    leftOut,
    answered,
    invited,
    strata: blocks.filter(({ n }) => n > 0).map((block) => ({ mean: meanOf(block), invited: block.invited })),
    values,
    mixed: [...versions.values()].some((wordings) => wordings.size > 1),
  };
  cell.items = measure === 'responses' ? invited : answered;
  cell.hits = measure === 'responses' ? answered : values.filter((value) => value >= 4).length;
  cell.values = values;
  cell.tallies = { survey };
  return cell;
}

function meanOf({ scores, n }: Block): number {
  return n === 0 ? 0 : sum(scores, ({ score, count }) => score * count) / n;
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

function isAsked(request: Pick<MetricRequest, 'filters'>, dimension: string, value: string | null): boolean {
  const values = request.filters[dimension];
  return values === undefined || (value !== null && values.includes(value));
}

/** The buckets in which a wave lies as a whole, by its close; the window among them. */
function bucketsOf(axis: Pick<Axis, 'reach' | 'window' | 'buckets'>, closedAt: number): number[] {
  if (closedAt < axis.reach.start || closedAt >= axis.window.end) return [];
  const inside = axis.buckets.flatMap((bucket, index) =>
    closedAt >= bucket.start && closedAt < bucket.end ? [index] : [],
  );
  return closedAt >= axis.window.start ? [WHOLE, ...inside] : inside;
}
