import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { facts, ignored, optionalText, readAs, rejected } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { finished, jobOf, type Outcome, outcomeOf, placeOf, queued, started } from './run.ts';

const cdevent = z.object({
  context: z.object({ type: name, source: name.max(2048), timestamp: instant }),
  subject: z.object({ content: z.object({ outcome: optionalText(32) }).nullish() }),
});
const queueId = z.int().positive();
const item = z.object({ customData: z.object({ id: queueId, url: optionalText(2048) }) });
const run = z.object({
  customData: z.object({
    build: z.object({
      queueId,
      number: z.int().positive(),
      fullUrl: optionalText(2048),
      status: optionalText(32),
      scmState: z.object({ url: optionalText(2048), branch: optionalText(), commit: optionalText(64) }).nullish(),
    }),
  }),
});

/**
 * The CDEvents plugin. Its subject is the bare build number, or the queue's before the build has one, so that the item of
 * the queue, which all of its events name, identifies the run.
 */
export function readJenkinsCdevent(body: unknown): Normalized {
  const read = readAs(body, cdevent);
  if (!read.ok) return read.normalized;
  const { type, source, timestamp } = read.value.context;
  const [, predicate] = /^dev\.cdevents\.pipelinerun\.(queued|started|finished)\./.exec(type) ?? [];
  if (type.startsWith('dev.cdevents.taskrun.')) {
    return ignored('the plugin calls every stage that passed an error, and names no stage at both of its ends');
  }
  if (predicate === undefined) return ignored(`no metric reads ${type.slice(0, 100)}`);
  const job = jobOf(source);
  if (job === undefined) return rejected('context.source: is not the path of a job');
  if (predicate === 'queued') {
    const waiting = readAs(body, item);
    if (!waiting.ok) return waiting.normalized;
    const { id, url } = waiting.value.customData;
    return facts(queued({ run_id: inQueue(url, id), job }, timestamp));
  }
  const running = readAs(body, run);
  if (!running.ok) return running.normalized;
  const { build } = running.value.customData;
  const of = { run_id: inQueue(build.fullUrl, build.queueId), job, scm: build.scmState };
  if (predicate === 'started') return facts(started(of, timestamp));
  const outcome = outcomeOf(build.status) ?? outcomes.get(read.value.subject.content?.outcome ?? '');
  return outcome === undefined
    ? rejected('subject.content.outcome: is not known')
    : facts(finished(of, timestamp, outcome));
}

const outcomes: ReadonlyMap<string, Outcome> = new Map([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['error', 'failed'],
] as const);

/** The address of the controller goes before the first `job/`, whatever comes behind. */
function inQueue(url: string | undefined, id: number): string {
  const at = url?.search(/(?:^|\/)job\//) ?? -1;
  return placeOf(at < 0 ? undefined : url?.slice(0, at), `queue/item/${id}`);
}

/**
 * The plugin's HTTP sink posts not JSON but what Java prints of a CloudEvent object, its data as a list of signed bytes:
 * `CloudEvent{id='…', …, data=BytesCloudEventData{value=[123, 34, …]}, …}`. Returns the CDEvent in it; undefined if the body
 * is not of this form.
 */
export function printedCdevent(body: Uint8Array): { readonly value: unknown } | undefined {
  if (body.length > MOST_PRINTED_BYTES || !startsWith(body, 'CloudEvent{')) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const from = text.indexOf('[', text.indexOf(', data='));
  if (from < 0) return undefined;
  const bytes = text
    .slice(from + 1, text.indexOf(']', from))
    .split(',')
    .map(Number);
  if (!bytes.every(Number.isInteger)) return undefined;
  const parsed = parseJson(Uint8Array.from(bytes));
  return parsed.ok ? { value: parsed.value } : undefined;
}

const MOST_PRINTED_BYTES = 512 * 1024;

function startsWith(body: Uint8Array, text: string): boolean {
  return Buffer.from(body.subarray(0, text.length)).toString('latin1') === text;
}
