import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { entityOf } from '../entity.ts';
import type { NormalizedEvent } from '../event.ts';
import { parseJson } from '../json.ts';
import { completeFact, type Problem } from '../normalise.ts';
import { EARLIEST_INSTANT, instant } from '../time.ts';
import { type Commit, name } from '../vocabulary/commit.ts';
import { type EventData, eventTypes, isEventType, isOwnType } from '../vocabulary/vocabulary.ts';

/** Deliveries of `POST /v1/events` are kept under this source; each event has the source that its sender names. */
export const CANONICAL = 'canonical';
export const CANONICAL_NORMALISER = 1;

/** More events in one request are refused as a whole, so that no request stalls the others. */
export const MAX_EVENTS = 20_000;

/** One event of the request: what was made of it, or what is wrong with it. */
export type CanonicalItem =
  | { readonly id: string; readonly event: NormalizedEvent }
  | { readonly id: string | null; readonly problems: readonly Problem[] };

export type CanonicalReading =
  | { readonly outcome: 'items'; readonly items: readonly CanonicalItem[] }
  | { readonly outcome: 'unsupported'; readonly reason: string }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly notJson?: boolean };

const envelope = z.object({
  id: name,
  type: z.string(),
  source: name,
  subject: z.string().nullish(),
  occurred_at: instant,
  data: z.record(z.string(), z.unknown()),
});

/**
 * Reads a body of `POST /v1/events`: one canonical event or an array of them as JSON, NDJSON, or CloudEvents 1.0 in
 * binary, structured or batch mode (`time` = occurred_at). Every event stands for itself; comments are refused unless they are
 * taken here. Never throws.
 */
export function readCanonical(delivery: Delivery, takesComments = false): CanonicalReading {
  const mediaType = mediaTypeOf(delivery.headers);
  if (isNdjson(delivery.headers)) return readLines(delivery, takesComments);
  if (mediaType !== '' && !/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) {
    return { outcome: 'unsupported', reason: 'send JSON, NDJSON or CloudEvents in JSON' };
  }
  const parsed = parseJson(delivery.body);
  if (!parsed.ok) return { outcome: 'rejected', reason: `body ${parsed.problem}`, notJson: true };
  if (delivery.headers['ce-specversion'] !== undefined) {
    return { outcome: 'items', items: [readOne(fromBinary(delivery.headers, parsed.value), delivery, takesComments)] };
  }
  const list = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (list.length > MAX_EVENTS) return tooMany(list.length);
  return { outcome: 'items', items: list.map((value) => readOne(value, delivery, takesComments)) };
}

/** True if a body has one event per line. */
export function isNdjson(headers: Delivery['headers']): boolean {
  return /^application\/(?:x-)?(?:ndjson|jsonl|json-lines)$/.test(mediaTypeOf(headers));
}

function mediaTypeOf(headers: Delivery['headers']): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function readLines(delivery: Delivery, takesComments: boolean): CanonicalReading {
  const lines = linesOf(delivery.body);
  if (lines.length > MAX_EVENTS) return tooMany(lines.length);
  if (lines.length === 0) return { outcome: 'rejected', reason: 'body is empty', notJson: true };
  const items = lines.map((line): CanonicalItem => {
    const parsed = parseJson(line);
    return parsed.ok
      ? readOne(parsed.value, delivery, takesComments)
      : invalid(null, [{ field: 'line', problem: parsed.problem }]);
  });
  return { outcome: 'items', items };
}

/** The lines of a body that are not blank, and of more than are taken one more than are taken. */
export function linesOf(body: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < body.length && lines.length <= MAX_EVENTS; ) {
    const end = body.indexOf(0x0a, from);
    const line = body.subarray(from, end < 0 ? undefined : end);
    if (line.some((byte) => byte > 0x20)) lines.push(line);
    from = end < 0 ? body.length : end + 1;
  }
  return lines;
}

function tooMany(count: number): CanonicalReading {
  return { outcome: 'rejected', reason: `${count} events or more in one request; send at most ${MAX_EVENTS}` };
}

/** CloudEvents' binary mode: attributes are headers, percent-encoded; the body is the data. */
function fromBinary(headers: Readonly<Record<string, string>>, data: unknown): unknown {
  const attribute = (called: string) => attributeOf(headers, called);
  return {
    specversion: attribute('specversion'),
    id: attribute('id'),
    type: attribute('type'),
    source: attribute('source'),
    time: attribute('time'),
    data,
  };
}

/** An attribute of CloudEvents' binary mode. */
export function attributeOf(headers: Delivery['headers'], called: string): string | undefined {
  const value = headers[`ce-${called}`];
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readOne(value: unknown, delivery: Delivery, takesComments: boolean): CanonicalItem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(null, [{ field: 'event', problem: 'is not an object' }]);
  }
  const given = 'specversion' in value ? { ...value, occurred_at: (value as { time?: unknown }).time } : value;
  const stated = 'id' in given && typeof given.id === 'string' ? given.id.slice(0, 512) : null;
  const read = envelope.safeParse(given);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => ({
      field: path.map(String).join('.'),
      problem: message,
    }));
    return invalid(
      stated,
      problems.map((problem) => renamed(problem, 'specversion' in given)),
    );
  }
  const { id, type, source, occurred_at, data } = read.data;
  if (!isEventType(type) || isOwnType(type)) {
    return invalid(id, [{ field: 'type', problem: `is not a kind of event; kinds are ${kinds}` }]);
  }
  // The sender is told, since a text that is dropped in silence is missed only when it is too late.
  if (type === 'survey.commented' && !takesComments) return invalid(id, [NO_COMMENTS]);
  const fact = {
    type,
    subject: entityOf({ id, type, data }),
    occurred_at,
    key: [id],
    // completeFact checks it against the kind's schema.
    data: data as EventData<typeof type>,
  };
  const from = { source, normaliser: CANONICAL_NORMALISER, delivery_id: delivery.id };
  const made = completeFact(fact, from, delivery.received_at);
  return made.ok ? { id, event: withBelievableCommits(made.event) } : invalid(id, made.problems);
}

const NO_COMMENTS: Problem = {
  field: 'type',
  problem:
    'is a comment, and comments are not asked for here: leave it out, or have HEADWAY_SURVEY_COMMENTS=on set for the server',
};

const kinds = eventTypes.filter((type) => !isOwnType(type)).join(', ');

function renamed({ field, problem }: Problem, isCloudEvent: boolean): Problem {
  return { field: isCloudEvent && field === 'occurred_at' ? 'time' : field, problem };
}

function invalid(id: string | null, problems: readonly Problem[]): CanonicalItem {
  return { id, problems };
}

/** A commit dated in the last century has a broken clock: it takes the time of its committer, or of the event. */
function withBelievableCommits(event: NormalizedEvent): NormalizedEvent {
  if (!('commits' in event.data) || !Array.isArray(event.data.commits)) return event;
  const commits: readonly unknown[] = event.data.commits;
  if (!commits.some(isAncient)) return event;
  const settled = commits.map((commit) => {
    if (!isAncient(commit)) return commit;
    const { committed_at: committed } = commit;
    return { ...commit, authored_at: committed && !isBefore2000(committed) ? committed : event.occurred_at };
  });
  return { ...event, data: { ...event.data, commits: settled } } as NormalizedEvent;
}

/** Commits of a rollout are bare SHAs; only those with an author's time can be ancient. */
function isAncient(commit: unknown): commit is Commit {
  return (
    typeof commit === 'object' && commit !== null && 'authored_at' in commit && isBefore2000(String(commit.authored_at))
  );
}

function isBefore2000(time: string): boolean {
  return Date.parse(time) < EARLIEST_INSTANT;
}
