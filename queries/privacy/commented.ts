import type { SqlValue } from '../../ingest/ports.ts';
import { type CommentSet, type CommentsPublication, MIN_COMMENTERS, nextComments, toldComments } from './comments.ts';
import { afterStating, type Ledger, type PublishingDeps, readStated } from './ledger.ts';
import { setKey, statement } from './publication.ts';

/** A question for what was written in a wave: on an item, or on the wave as a whole (null), as known at an instant (null: now). */
export interface CommentsRequest {
  readonly wave: string;
  readonly item: string | null;
  readonly asOf: string | null;
}

/** The answer: the comments, or why there are none to be told. Their number is told only with them. */
export interface CommentsAnswer {
  readonly wave: string;
  readonly item: string | null;
  readonly as_of: string;
  readonly status: 'ok' | 'suppressed' | 'not_applicable';
  /** Why there are none, for people. */
  readonly reason?: string;
  /** People who commented. */
  readonly n: number | null;
  readonly comments: readonly string[];
  /** Items of the wave of which comments are told. */
  readonly items: readonly string[];
}

const TOO_FEW = `fewer than ${MIN_COMMENTERS} people commented`;
const OPEN = 'the wave is not closed: comments are told after its survey.wave_closed';
const NOT_ASKED_FOR = 'comments are not asked for: set HEADWAY_SURVEY_COMMENTS=on before a survey is sent to have them';

/** The answer where comments are not asked for: what was taken before stays unread. */
export function notAskedFor({ wave, item, asOf }: CommentsRequest, now: string): CommentsAnswer {
  return untold({ wave, item, as_of: asOf ?? now }, 'not_applicable', NOT_ASKED_FOR);
}

/**
 * What may be told of the comments in a wave; null if nothing was heard of the wave. Decided from the publications in the log;
 * what may be told and was not yet is published first, so that nothing is told that the log does not hold.
 */
export async function readComments(deps: PublishingDeps, request: CommentsRequest): Promise<CommentsAnswer | null> {
  const { wave, item, asOf } = request;
  const known = await readWave(deps, request);
  if (known === 'unheard') return null;
  const about = { wave, item, as_of: asOf ?? deps.now };
  if (known === 'open') return untold(about, 'not_applicable', OPEN);
  const ledger = await publishedComments(deps, wave);
  const toldOf = (one: string | null) => toldComments(ledger.get(setKey(wave, one)) ?? [], asOf);
  const comments = toldOf(item);
  const names = [...ledger.values()].flatMap(([first]) => first?.data.item ?? []).sort();
  const items = names.filter((name) => toldOf(name).length > 0);
  if (comments.length === 0) return { ...untold(about, 'suppressed', TOO_FEW), items };
  return { ...about, status: 'ok', n: comments.length, comments, items };
}

function untold(
  about: Pick<CommentsAnswer, 'wave' | 'item' | 'as_of'>,
  status: CommentsAnswer['status'],
  reason: string,
): CommentsAnswer {
  return { ...about, status, reason, n: null, comments: [], items: [] };
}

/** What was known of a wave at the instant asked about. */
async function readWave(
  { store, now }: PublishingDeps,
  { wave, asOf }: CommentsRequest,
): Promise<'unheard' | 'open' | 'closed'> {
  const at = 'parseDateTime64BestEffort({at:String}, 3, {zone:String})';
  const [row] = await store.query<{ heard: number; closes: number }>(
    `SELECT toUInt32(count()) AS heard, toUInt32(countIf(type = 'survey.wave_closed' AND occurred_at <= ${at})) AS closes
    FROM events WHERE entity = {entity:String} AND ({is_now:UInt8} = 1 OR recorded_at <= ${at})`,
    { entity: `survey:${wave}`, at: asOf ?? now, zone: 'UTC', is_now: asOf === null ? 1 : 0 },
  );
  if (Number(row?.heard ?? 0) === 0) return 'unheard';
  return Number(row?.closes ?? 0) > 0 ? 'closed' : 'open';
}

async function publishedComments(deps: PublishingDeps, wave: string): Promise<Ledger<CommentsPublication>> {
  const readLedger = () => readStated(deps.store, 'survey.comments_published', [wave], readPublication);
  const before = await readLedger();
  const heldOf = ({ item }: Pick<CommentSet, 'item'>) => before.get(setKey(wave, item)) ?? [];
  const heads = await readHeads(deps, wave);
  const sets = await readSets(
    deps,
    heads.filter((head) => isNews(head, heldOf(head))),
  );
  const proposed = sets.flatMap((set) => {
    const next = nextComments(heldOf(set), set);
    return next === null ? [] : [statement('survey.comments_published', next, deps.now)];
  });
  return afterStating(deps, before, proposed, readLedger);
}

/** The store names no type of a list. */
function readPublication(json: string): CommentsPublication {
  return JSON.parse(json) as CommentsPublication;
}

/** A set in brief: enough to see whether anything came since it was published. */
interface Head extends Omit<CommentSet, 'comments'> {
  readonly people: number;
  readonly latest: string;
}

function isNews({ people, latest }: Head, held: readonly { readonly data: CommentsPublication }[]): boolean {
  const told = held.reduce((sum, { data }) => sum + data.comments.length, 0);
  return people >= MIN_COMMENTERS && (people !== told || latest > (held.at(-1)?.data.known_until ?? ''));
}

async function readHeads({ withAtoms, store, now }: PublishingDeps, wave: string): Promise<Head[]> {
  const rows = await withAtoms(null, ['comments'], (tables) =>
    store.query(
      `SELECT item, toUInt32(uniqExact(respondent_key)) AS people, toString(toUnixTimestamp64Milli(max(recorded_at))) AS latest_ms,
        toString(toUnixTimestamp64Milli(min(close_recorded_at))) AS close_known_ms
      FROM ${tables.comments}
      WHERE wave = {wave:String} AND closed_at <= fromUnixTimestamp64Milli({now:Int64}, 'UTC')
      GROUP BY item ORDER BY item`,
      { wave, now: Date.parse(now) },
    ),
  );
  return rows.map(({ item, people, latest_ms, close_known_ms }) => ({
    wave,
    item: item === '' ? null : String(item),
    closeKnownAt: instantOf(close_known_ms),
    people: Number(people),
    latest: instantOf(latest_ms),
  }));
}

async function readSets({ withAtoms, store }: PublishingDeps, heads: readonly Head[]): Promise<CommentSet[]> {
  const [first] = heads;
  if (first === undefined) return [];
  const params: Record<string, SqlValue> = { wave: first.wave, items: heads.map(({ item }) => item ?? '') };
  const rows = await withAtoms(null, ['comments'], (tables) =>
    store.query(
      `SELECT item, respondent_key, words, toString(toUnixTimestamp64Milli(recorded_at)) AS recorded_ms
      FROM ${tables.comments} WHERE wave = {wave:String} AND item IN {items:Array(String)}
      ORDER BY commented_at, atom_id`,
      params,
    ),
  );
  return heads.map(({ wave, item, closeKnownAt }) => ({
    wave,
    item,
    closeKnownAt,
    comments: rows
      .filter((row) => row.item === (item ?? ''))
      .map(({ respondent_key, words, recorded_ms }) => ({
        respondent: String(respondent_key),
        text: String(words),
        recordedAt: instantOf(recorded_ms),
      })),
  }));
}

function instantOf(ms: unknown): string {
  return new Date(Number(ms)).toISOString();
}
