import type { NormalizedEvent } from '../../ingest/event.ts';
import type { SqlValue, Store } from '../../ingest/ports.ts';
import type { WithAtoms } from '../atoms/tables.ts';
import type { KeptCounts } from '../kept-counts.ts';
import {
  type AnswerSet,
  type Chained,
  knownUntil,
  ledgerOf,
  nextPublication,
  PUBLISHER,
  type Publication,
  publicationEvent,
  type Stated,
  setKey,
} from './publication.ts';

/** What it takes to give answers out. */
export interface PublishingDeps {
  readonly store: Store;
  readonly withAtoms: WithAtoms;
  readonly keptCounts?: KeptCounts;
  readonly now: string;
  /** States publications in the log; resolves once the store has them. Without it, nothing is remembered. */
  readonly publish?: ((events: readonly NormalizedEvent[]) => Promise<void>) | undefined;
}

/**
 * The store as it is at this instant, or what is kept of it. Asked for at each reading, not once per question: after a
 * publication the ledger is the one that holds it.
 */
const asOfNow = (deps: PublishingDeps): Store => deps.keptCounts?.forQuestion(deps.now) ?? deps.store;

/** The publications of each set that hold, in order. */
export type Ledger<D extends Chained> = ReadonlyMap<string, readonly Stated<D>[]>;

/** One set of a closed wave: what may be told of it, or null if nothing may. */
export interface Told {
  readonly wave: string;
  readonly item: string | null;
  readonly closedAt: string;
  readonly scale: '1-5' | '0-10';
  readonly publication: Publication | null;
  /** Whose answers there are, so that what is hidden is said to be there. */
  readonly places: readonly { readonly team: string; readonly region: string }[];
}

/**
 * What may be told of the waves closed in `[from, to)`, as it was known at `asOf` (null: now). Decided from the publications
 * in the log; what may be told and was not yet is published first, so that nothing is told that the log does not hold.
 */
export async function publishedSets(
  deps: PublishingDeps,
  span: { readonly from: string; readonly to: string },
  asOf: string | null,
): Promise<readonly Told[]> {
  const heads = await readHeads(deps, span);
  const waves = [...new Set(heads.map(({ wave }) => wave))];
  const readLedger = () => readStated(asOfNow(deps), 'survey.published', waves, readPublication);
  const before = await readLedger();
  const candidates = heads.filter((head) => isNews(before.get(setKey(head.wave, head.item))?.at(-1) ?? null, head));
  const sets = await readSets(deps, candidates);
  const proposed = sets.flatMap((set) => {
    const next = nextPublication(before.get(setKey(set.wave, set.item))?.at(-1) ?? null, set);
    return next === null ? [] : [publicationEvent(next, deps.now)];
  });
  const ledger = await afterStating(deps, before, proposed, readLedger);
  return heads.flatMap((head): Told[] => {
    if (asOf !== null && head.closeKnownAt > asOf) return [];
    return [toldOf(head, ledger.get(setKey(head.wave, head.item)) ?? [], asOf)];
  });
}

/**
 * The ledger once publications are stated: as the store then has it, since another process may have been first. Where nothing
 * can be stated, what they would make of it.
 */
export async function afterStating<D extends Chained>(
  deps: Pick<PublishingDeps, 'publish'>,
  before: Ledger<D>,
  proposed: readonly NormalizedEvent[],
  readAgain: () => Promise<Ledger<D>>,
): Promise<Ledger<D>> {
  if (proposed.length === 0) return before;
  if (deps.publish !== undefined) {
    await deps.publish(proposed);
    return readAgain();
  }
  // Each was proposed as a publication of this kind.
  const added = proposed.map(({ id, data }) => ({ id, data: data as unknown as D }));
  return ledgerOf([...[...before.values()].flat(), ...added]);
}

/** What may be told of a set: its last publication, or the last of which every answer was known at a past instant. */
export function toldOf(
  { wave, item, closedAt, scale, places }: Omit<Told, 'publication'>,
  held: readonly Stated[],
  asOf: string | null,
): Told {
  const last = held.findLast(({ data }) => asOf === null || knownUntil(data) <= asOf)?.data ?? null;
  return { wave, item, closedAt: last?.closed_at ?? closedAt, scale, publication: last, places };
}

/** A set in brief: enough to see whether anything came since it was published. */
interface Head extends Omit<Told, 'publication'> {
  readonly closeKnownAt: string;
  readonly versions: readonly string[];
  readonly n: number;
  readonly latest: string;
}

async function readHeads(deps: PublishingDeps, span: { readonly from: string; readonly to: string }): Promise<Head[]> {
  const rows = await deps.withAtoms(null, ['answers'], (tables) =>
    asOfNow(deps).query(
      // Twice by group: those alike first, since a list per answer costs more than all that is done with it.
      `SELECT of_wave, of_item, is_answer, toString(scale) AS of_scale, toString(toUnixTimestamp64Milli(min(closes))) AS closed_ms,
        toString(toUnixTimestamp64Milli(min(close_known))) AS close_known_ms, arraySort(groupUniqArrayIf(version, version != '')) AS versions,
        toUInt32(sum(answered)) AS n, toString(toUnixTimestamp64Milli(max(latest))) AS latest_ms,
        groupUniqArray([toString(team), toString(region)]) AS places
      FROM (
        SELECT wave AS of_wave, item AS of_item, toUInt8(kind = 'answer') AS is_answer, scale, version, team, region,
          min(closed_at) AS closes, min(close_recorded_at) AS close_known, countIf(kind != 'invitation') AS answered, max(recorded_at) AS latest
        FROM ${tables.answers}
        WHERE excluded = '' AND closed_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND closed_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        GROUP BY of_wave, of_item, is_answer, scale, version, team, region
      )
      GROUP BY of_wave, of_item, is_answer, of_scale ORDER BY of_wave, of_item, is_answer, of_scale`,
      { from: Date.parse(span.from), to: Date.parse(span.to) },
    ),
  );
  const time = (ms: unknown) => new Date(Number(ms)).toISOString();
  const heads = new Map<string, Head>();
  for (const row of rows) {
    const wave = String(row.of_wave);
    const item = Number(row.is_answer) === 1 ? String(row.of_item) : null;
    // An item asked on two scales is told by the one that comes first: one item is one set.
    if (heads.has(setKey(wave, item))) continue;
    heads.set(setKey(wave, item), {
      wave,
      item,
      scale: row.of_scale === '0-10' ? '0-10' : '1-5',
      closedAt: time(row.closed_ms),
      closeKnownAt: time(row.close_known_ms),
      versions: row.versions as string[],
      n: Number(row.n),
      latest: time(row.latest_ms),
      places: (row.places as [string, string][]).map(([team, region]) => ({ team, region })),
    });
  }
  return [...heads.values()];
}

function isNews(last: Stated | null, head: Head): boolean {
  if (last === null) return true;
  const told = last.data.blocks.reduce((sum, { n }) => sum + n, 0);
  return head.n !== told || head.latest > knownUntil(last.data);
}

async function readSets(deps: PublishingDeps, heads: readonly Head[]): Promise<AnswerSet[]> {
  if (heads.length === 0) return [];
  const waves = [...new Set(heads.map(({ wave }) => wave))];
  const rows = await deps.withAtoms(null, ['answers'], (tables) =>
    deps.store.query(
      `SELECT wave, toString(kind) AS kind, item, toString(scale) AS scale, toString(team) AS team, toString(region) AS region, score,
        toString(toUnixTimestamp64Milli(recorded_at)) AS recorded_ms, toUInt32(count()) AS people
      FROM ${tables.answers} WHERE excluded = '' AND wave IN {waves:Array(String)}
      GROUP BY wave, kind, item, scale, team, region, score, recorded_at`,
      { waves },
    ),
  );
  const list = (kind: string, of: (row: (typeof rows)[number]) => boolean) =>
    rows
      .filter((row) => row.kind === kind && of(row))
      .map((row) => ({
        team: String(row.team),
        region: String(row.region),
        score: Number(row.score),
        recordedAt: new Date(Number(row.recorded_ms)).toISOString(),
        count: Number(row.people),
      }));
  return heads.map(({ wave, item, scale, versions, closedAt, closeKnownAt }) => ({
    wave,
    item,
    scale,
    versions,
    closedAt,
    closeKnownAt,
    answers:
      item === null
        ? list('response', (row) => row.wave === wave)
        : list('answer', (row) => row.wave === wave && row.item === item && row.scale === scale),
    invited: list('invitation', (row) => row.wave === wave),
  }));
}

/** The publications of some waves, by set. */
export async function readStated<D extends Chained>(
  store: Store,
  type: 'survey.published' | 'survey.comments_published',
  waves: readonly string[],
  read: (json: string) => D,
): Promise<Ledger<D>> {
  if (waves.length === 0) return ledgerOf<D>([]);
  const params: Record<string, SqlValue> = {
    entities: waves.map((wave) => `survey:${wave}`),
    type,
    source: PUBLISHER,
  };
  // What came in from outside has a delivery: it can publish nothing.
  const rows = await store.query<{ id: string; data: string }>(
    `SELECT id, toJSONString(data) AS data FROM events
    WHERE entity IN {entities:Array(String)} AND type = {type:String} AND source = {source:String} AND delivery_id = ''
    ORDER BY entity, recorded_at, log_partition, log_offset
    SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`,
    params,
  );
  return ledgerOf(rows.map(({ id, data }) => ({ id, data: read(data) })));
}

/** The store leaves out lists that are empty. */
function readPublication(json: string): Publication {
  const read = JSON.parse(json) as Publication;
  const blocks = read.blocks.map((block) => ({ ...block, scores: block.scores ?? [] }));
  return { ...read, versions: read.versions ?? [], blocks };
}
