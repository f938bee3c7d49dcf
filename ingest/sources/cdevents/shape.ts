import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { instant } from '../../time.ts';
import { commit, name } from '../../vocabulary/commit.ts';
import { optionalText, readAs, rejected } from '../shape.ts';
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

/** What the specification has no field for: a key that holds something else is another consumer's and is passed over. */
const extra = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const names = z.array(name).max(10_000);
const shas = z.array(z.string().regex(/^[0-9a-f]{7,64}$/i)).max(10_000);
export const outcomes = z.enum([
  'succeeded',
  'failed',
  'failed_live',
  'failed_dark',
  'cancelled',
  'superseded',
  'timed_out',
]);
const extras = z.object({
  repository: extra(name),
  commit: extra(z.string().regex(/^[0-9a-f]{7,64}$/i)),
  branch: extra(name),
  base: extra(name),
  author: extra(name),
  title: extra(z.string().max(512)),
  url: extra(z.string().max(2048)),
  opened_at: extra(instant),
  started_at: extra(instant),
  commits: extra(z.union([z.array(commit).max(10_000), shas])),
  changes: extra(names),
  paths: extra(z.array(z.string().max(1024)).max(10_000)),
  labels: extra(z.array(z.string().max(256)).max(200)),
  cause: extra(name),
  fixes: extra(name),
  severity: extra(name),
  priority: extra(name),
  impact: extra(z.enum(['none', 'degraded', 'outage'])),
  outcome: extra(name),
  rollout_id: extra(name),
  rolls_back: extra(name),
  run_id: extra(name),
  attempt_no: extra(z.int().min(1).max(10_000)),
  service: extra(name),
  planned: extra(z.boolean()),
  production: extra(z.boolean()),
  group: extra(name),
  tier: extra(z.int().min(0).max(3)),
});
export type Extras = z.output<typeof extras>;

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
      extras: extras.safeParse(customData).data ?? {},
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

export const content = {
  place,
  text,
  environment: z.object({ environment: place }),
};
