import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { instant } from '../../time.ts';
import { commit, name } from '../../vocabulary/commit.ts';
import { listOf, optionalText, readAs, rejected } from '../shape.ts';
import type { Normalized } from '../source.ts';

const text = (max = 512) => optionalText(max);
const id = name.max(512);
const place = z.object({ id, source: text(2048) });
/** `context.version` became `context.specversion` in 0.5; neither changes what is read here. */
const envelope = z.object({
  context: z.object({ id, source: name.max(2048), type: name, timestamp: instant }),
  subject: z.object({ id, source: text(2048), content: z.looseObject({}) }),
  customData: z.unknown().optional(),
});

const names = listOf(name, 10_000);
const shas = listOf(z.string().regex(/^[0-9a-f]{7,64}$/i), 10_000);
/** How a rollout ended, where the sender adds it: an attempt need not have succeeded. */
export const outcomes = z.enum([
  'succeeded',
  'failed',
  'failed_live',
  'failed_dark',
  'cancelled',
  'superseded',
  'timed_out',
]);
/** What the specification has no field for. */
const extras = {
  repository: name,
  commit: z.string().regex(/^[0-9a-f]{7,64}$/i),
  branch: name,
  base: name,
  author: name,
  title: z.string().max(512),
  url: z.string().max(2048),
  opened_at: instant,
  started_at: instant,
  commits: z.union([listOf(commit, 10_000), shas]),
  changes: names,
  paths: listOf(z.string().max(1024), 10_000),
  labels: listOf(z.string().max(256), 200),
  cause: name,
  fixes: name,
  severity: name,
  priority: name,
  impact: z.enum(['none', 'degraded', 'outage']),
  outcome: name,
  rollout_id: name,
  rolls_back: name,
  run_id: name,
  attempt_no: z.int().min(1).max(10_000),
  service: name,
  planned: z.boolean(),
  production: z.boolean(),
  group: name,
  tier: z.int().min(0).max(3),
};
/** Those of the sender's own data that are read, each of its own shape. */
export type Extras = { readonly [K in keyof typeof extras]?: z.output<(typeof extras)[K]> };

/** A CDEvent of any version: what it is about and says, and what its sender added. */
export interface CdEvent {
  readonly subject: string;
  readonly predicate: string;
  readonly id: string;
  /** Who says it, and where the subject's id is unique. */
  readonly source: string;
  readonly at: string;
  readonly about: { readonly id: string; readonly source: string };
  /** Not yet read: each subject has its own. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly extras: Extras;
  /** The added data as it came, for texts that name a cause. */
  readonly customData: unknown;
}

/** Reads the envelope; `null` if the type is of another specification, such as a custom event of some tool. */
export function readCdEvent(
  data: unknown,
): { readonly ok: true; readonly event: CdEvent | null } | { readonly ok: false; readonly normalized: Normalized } {
  const read = readAs(data, envelope);
  if (!read.ok) return read;
  const { context, subject } = read.value;
  const [, of, predicate] = /^dev\.cdevents\.([a-z]{1,64})\.([a-z]{1,64})\.\d/.exec(context.type) ?? [];
  if (of === undefined || predicate === undefined) return { ok: true, event: null };
  const customData = plainly(read.value.customData);
  return {
    ok: true,
    event: {
      subject: of,
      predicate,
      id: context.id,
      source: context.source,
      at: context.timestamp,
      about: { id: subject.id, source: subject.source ?? context.source },
      content: subject.content,
      extras: extrasIn(customData),
      customData,
    },
  };
}

/** A subject's content, read as `schema`; a problem is named by its path in the event. */
export function readContent<T extends z.ZodType>(
  event: CdEvent,
  schema: T,
): { readonly ok: true; readonly value: z.output<T> } | { readonly ok: false; readonly normalized: Normalized } {
  const result = schema.safeParse(event.content);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const path = ['subject', 'content', ...(issue?.path ?? [])].map(String).join('.');
  return { ok: false, normalized: rejected(`${path}: ${issue?.message ?? 'is invalid'}`) };
}

/** The keys that are ours; one that holds something else is another consumer's and is passed over. */
function extrasIn(customData: unknown): Extras {
  if (typeof customData !== 'object' || customData === null) return {};
  const found: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(extras)) {
    if (!Object.hasOwn(customData, key)) continue;
    const read = schema.safeParse((customData as Readonly<Record<string, unknown>>)[key]);
    if (read.success) found[key] = read.data;
  }
  return found as Extras;
}

/** Custom data is JSON, or bytes of it in base64. */
function plainly(customData: unknown): unknown {
  if (typeof customData !== 'string') return customData;
  const parsed = parseJson(Buffer.from(customData, 'base64'));
  return parsed.ok ? parsed.value : customData;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id that is unique within its source, made unique over all; a UUID already is. */
export function ownId(source: string, id: string): string {
  return UUID.test(id) ? id : `${source.replace(/\/+$/, '')}/${id}`.slice(0, 512);
}

/** Pieces that the contents of several subjects share. */
export const content = {
  place,
  text,
  environment: z.object({ environment: place }),
};
