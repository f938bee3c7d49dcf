import { withoutCanonicalComments } from '../ingest/comments.ts';
import type { Row, Store } from '../ingest/ports.ts';
import { decodeDelivery } from '../ingest/record.ts';
import { attributeOf, CANONICAL } from '../ingest/sources/canonical.ts';
import { findSource } from '../ingest/sources/registry.ts';
import type { Source } from '../ingest/sources/source.ts';
import type { WithAtoms } from '../queries/atoms/tables.ts';

const EVENT_COLUMNS =
  'id, type, version, normaliser, source, subject, occurred_at, recorded_at, delivery_id, log_partition, toString(log_offset) AS log_offset, data';

/** One fact: the copy that holds (highest normaliser, then earliest recorded), and every delivery that stated it. Null: unknown. */
export async function findEvent(store: Store, id: string): Promise<Row | null> {
  const rows = await store.query(
    `SELECT ${EVENT_COLUMNS} FROM events WHERE id = {id:String} ORDER BY normaliser DESC, recorded_at, log_offset LIMIT 1
     SETTINGS readonly = 2, date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0`,
    { id },
  );
  const [event] = rows;
  if (event === undefined) return null;
  const [told] = await store.query<{ deliveries: string[] }>(
    `SELECT arraySort(groupUniqArrayIf(delivery_id, delivery_id != '')) AS deliveries FROM events WHERE id = {id:String}`,
    { id },
  );
  // The id here is our own, a digest; only what was answered or written is left out.
  const data = withoutAnswers(event.data) as Readonly<Record<string, unknown>>;
  return {
    ...event,
    data: String(event.type).startsWith('survey.') ? without(data, NEVER_SHOWN) : data,
    delivery_ids: told?.deliveries ?? [],
  };
}

/** A place in a list that is sorted by (recorded_at, id), newest first. */
export interface Page {
  /** `recorded_at|id` of the last row seen; null: from the newest. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * What could not be read and still cannot: a delivery that a newer normaliser made facts of is gone from the list.
 * Newest first; `next` is the place to go on from, or null at the end.
 */
export async function listRejected(store: Store, page: Page): Promise<{ rejected: Row[]; next: string | null }> {
  const [recorded = '', id = ''] = page.after?.split('|') ?? [];
  const rows = await store.query<{ event_id: string; recorded_at: string }>(
    `SELECT argMin(id, e.recorded_at) AS event_id, delivery_id, any(data.source::String) AS source,
       any(data.reason::String) AS reason, any(data.event::String) AS event,
       min(occurred_at) AS received_at, min(e.recorded_at) AS recorded_at
     FROM events AS e
     WHERE type = 'delivery.rejected' AND delivery_id NOT IN (
       SELECT delivery_id FROM events WHERE type != 'delivery.rejected' AND delivery_id IN (
         SELECT delivery_id FROM events WHERE type = 'delivery.rejected' AND delivery_id != ''))
     GROUP BY delivery_id
     HAVING {after:String} = '' OR (recorded_at, event_id) < (parseDateTime64BestEffortOrZero({recorded:String}, 3, 'UTC'), {id:String})
     ORDER BY recorded_at DESC, event_id DESC LIMIT {limit:UInt32}`,
    { after: page.after ?? '', recorded, id, limit: page.limit + 1 },
  );
  const rejected = rows.slice(0, page.limit);
  const last = rejected.at(-1);
  return { rejected, next: rows.length > page.limit && last ? `${last.recorded_at}|${last.event_id}` : null };
}

/** Every service as it is now, by name: defined ones and those that are only heard of. */
export async function listServices(store: Store, withAtoms: WithAtoms): Promise<Row[]> {
  return withAtoms(null, ['service_spans'], (tables) =>
    store.query(
      `SELECT service AS id, if(argMax(title, valid_to) = '', service, argMax(title, valid_to)) AS name,
         argMax(team_now, valid_to) AS team, argMax(tier_now, valid_to) AS tier, argMax(region_now, valid_to) AS region,
         argMax(product_now, valid_to) AS product, argMax(repository, valid_to) AS repository,
         (argMax(defined, valid_to) = 1)::Bool AS defined, argMax(exempt, valid_to) AS exempt,
         max(first_rollout_at) AS first_rollout_at, argMax(registered_at, valid_to) AS registered_at,
         argMax(retired_at, valid_to) AS retired_at
       FROM ${tables.service_spans} GROUP BY service ORDER BY id`,
    ),
  );
}

/** Every team that is defined or owns a service now, by name, with the number of its services. */
export async function listTeams(store: Store, withAtoms: WithAtoms): Promise<Row[]> {
  return withAtoms(null, ['service_spans'], (tables) =>
    store.query(
      `SELECT team AS id, if(anyLast(title) = '', team, anyLast(title)) AS name, max(timezone) AS timezone,
         max(parent) AS parent, toUInt32(sum(owned)) AS services
       FROM (
         SELECT team, '' AS title, '' AS timezone, '' AS parent, uniqExact(service) AS owned
         FROM (SELECT service, argMax(team_now, valid_to) AS team FROM ${tables.service_spans} GROUP BY service) GROUP BY team
         UNION ALL
         SELECT toString(data.team) AS team, ifNull(argMax(data.title::Nullable(String), (occurred_at, id)), '') AS title,
           ifNull(argMax(data.timezone::Nullable(String), (occurred_at, id)), '') AS timezone,
           ifNull(argMax(data.parent::Nullable(String), (occurred_at, id)), '') AS parent, 0 AS owned
         FROM events WHERE type = 'team.defined' GROUP BY team
       ) GROUP BY team ORDER BY id`,
    ),
  );
}

/**
 * A stored delivery for people: what was received and what came of it. Headers that could hold a secret were never stored; the
 * body is JSON if it was, else text. The body of a confidential source, or of one that is known no longer, is not shown at
 * all. Null: the record is no delivery.
 */
export function showDelivery(
  value: Uint8Array,
  find: (source: string) => Source | undefined = findSource,
): Record<string, unknown> | null {
  const stored = decodeDelivery(value);
  if (stored === null) return null;
  const { id, source, received_at, headers, body } = stored.delivery;
  const { outcome, reason = null, events } = stored;
  const sender = find(source);
  if (source !== CANONICAL && (sender === undefined || sender.confidential === true)) {
    return { id, source, received_at, headers, outcome, reason, events, body: CONFIDENTIAL };
  }
  // Of what surveys say in words nothing is shown, whether it was asked for and is kept, or not.
  const spoken = withoutCanonicalComments(stored.delivery);
  const text = new TextDecoder().decode(source === CANONICAL ? spoken.body : body);
  const read = readBody(text);
  const shown = withoutSecrets(withoutAnswers(read));
  const told = source === CANONICAL ? spoken.headers : headers;
  const isPersonal = namesRespondent(read) || isOfRespondent(attributeOf(told, 'type'));
  const kept = isPersonal ? without(told, ['ce-id', 'ce-subject']) : told;
  return { id, source, received_at, headers: kept, outcome, reason, events, body: shown };
}

/** JSON if it is that, a list if it is JSON line by line, else text; one that names respondents is not shown: nobody can redact it. */
function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line));
    } catch {
      // Not JSON in any form.
    }
    return text.includes('respondent') ? REMOVED : text;
  }
}

const REMOVED = '(removed)';
/** Of events of surveys, what nobody is shown here: comments have an address of their own, numbers are answers to questions. */
const NEVER_SHOWN = ['blocks', 'text', 'comments', 'known_until'];
const CONFIDENTIAL = '(confidential: kept for a replay, shown to nobody)';

/**
 * Whatever names a respondent, without the name and the score: single answers are nobody's to read (metrics.md §9.2, rule 6).
 * Nor is the sender's id of an answer, which is often made of both.
 */
function withoutAnswers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAnswers);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutAnswers(one)]));
  if (namesRespondent(value)) return without(inner, ['respondent', 'score']);
  const isPersonal =
    'data' in value && (namesRespondent(value.data) || ('type' in value && isOfRespondent(value.type)));
  return isPersonal ? without(inner, ['id', 'subject']) : inner;
}

/** True of kinds of event about what somebody said in a survey, misspelt ones too, which lack a respondent perhaps. */
function isOfRespondent(type: unknown): boolean {
  return typeof type === 'string' && /survey/i.test(type) && !type.startsWith('survey.wave_');
}

function namesRespondent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'respondent');
}

function without<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T | string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, keys.includes(key) ? REMOVED : value]));
}

const SECRET_KEY = /secret|token|password|passwd|authorization|credential|private_?key|api_?key/i;

/** Blanks the values of keys that name a secret; addresses of GitHub's API that merely end in `token` are lost with them. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) && inner !== null && inner !== '' ? REMOVED : withoutSecrets(inner),
    ]),
  );
}
