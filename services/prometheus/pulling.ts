import type { FastifyBaseLogger } from 'fastify';
import type { Clock, EventLog, Store } from '../../ingest/ports.ts';
import { type Pulled, pulledName, queriesOf, type Samples, slicesOf } from '../../ingest/prometheus/pulled.ts';
import { encodeEvent } from '../../ingest/upcast.ts';
import { isPulled } from '../../ingest/workspace/indicator.ts';
import type { NamedSlo } from '../../queries/slo/prometheus-rules.ts';
import { nextPull, nextPullAt, type PullRequest } from '../../queries/slo/pull-plan.ts';
import { readPulled } from '../../queries/slo/ratio.ts';
import type { AskRange } from './client.ts';

/** How the pull of one SLO stands. */
export interface PullStanding {
  readonly slo: string;
  /** Where the last pull ended (epoch ms); null: never yet, or not known yet. */
  readonly until: number | null;
  /** It does not go on for now; it is tried again, ever more slowly. */
  readonly isFailing: boolean;
  /** What is wrong, also where it goes on all the same; null: nothing. */
  readonly problem: string | null;
}

/** Pulls slices of SLOs from Prometheus for as long as the process lives. */
export interface Pulling {
  standing(): readonly PullStanding[];
  problemOf(slo: string): string | null;
  stop(): Promise<void>;
}

export interface PullingDeps {
  readonly slos: readonly NamedSlo[];
  /** The client of a DataSource: its name and address. */
  readonly clientOf: (source: string, url: string) => AskRange;
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  /** Pause between looks for slices that are over, and the first after a failure. */
  readonly lookMs?: number;
  readonly firstPauseMs?: number;
}

const LOOK_MS = 5_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
/** A day of minutes: well below the 11,000 points that Prometheus gives at once. */
const MOST_SLICES = 1_440;
const LEAST_SLICES = 30;
/** What one append takes: half of a Kafka message's default limit. */
const MOST_RECORDS = 500;

/** One SLO that is pulled. */
interface Job extends Pulled {
  readonly slo: string;
  readonly definition: NamedSlo['definition'];
  until: number | null;
  /** Whether `until` is what the log says. */
  isKnown: boolean;
  failures: number;
  /** By the clock that never jumps. */
  waitUntilMs: number;
  most: number;
  problem: string | null;
}

/**
 * Starts pulling: one request at a time per DataSource, its SLOs in turn. Where a pull ended stands in the log, in the facts
 * themselves, so another start goes on from there. What cannot be pulled stays to be pulled.
 */
export function startPulling(deps: PullingDeps): Pulling {
  const stopping = new AbortController();
  const jobs = deps.slos.flatMap(jobOf);
  const servers = new Map<string, Job[]>();
  for (const job of jobs) {
    const server = JSON.stringify([job.indicator.source, job.indicator.url]);
    servers.set(server, [...(servers.get(server) ?? []), job]);
  }
  const running = [...servers.values()].map((some) => pullInTurn(some, deps, stopping.signal));
  return {
    standing: () => jobs.map(({ slo, until, failures, problem }) => ({ slo, until, isFailing: failures > 0, problem })),
    problemOf: (slo) => jobs.find((job) => job.slo === slo)?.problem ?? null,
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

function jobOf({ slo, definition }: NamedSlo): Job[] {
  const { indicator, slice_seconds: sliceSeconds } = definition;
  if (indicator === undefined || !isPulled(indicator)) return [];
  const name = pulledName(slo, definition, indicator);
  const begun = { until: null, isKnown: false, failures: 0, waitUntilMs: 0, most: MOST_SLICES, problem: null };
  return [{ slo, definition, name, indicator, sliceSeconds, ...begun }];
}

async function pullInTurn(jobs: readonly Job[], deps: PullingDeps, signal: AbortSignal): Promise<void> {
  const { source, url } = jobs[0]!.indicator;
  const ask = deps.clientOf(source, url);
  while (!signal.aborted) {
    let goesOn = false;
    for (const job of jobs) {
      if (signal.aborted) return;
      if (performance.now() < job.waitUntilMs) continue;
      goesOn = (await attempt(job, ask, deps, signal)) || goesOn;
    }
    await pause(goesOn ? 0 : (deps.lookMs ?? LOOK_MS), signal);
  }
}

/** Pulls once, if there is anything to pull. True: there may be more at once. Never rejects. */
async function attempt(job: Job, ask: AskRange, deps: PullingDeps, signal: AbortSignal): Promise<boolean> {
  const { logger } = deps;
  try {
    if (!job.isKnown) {
      job.until = (await readPulled(deps.store, job.name, null)).until;
      job.isKnown = true;
    }
    const now = Date.parse(deps.clock.now());
    if (job.until !== null && now < nextPullAt(job.definition, job.until)) return false;
    const request = nextPull(job.definition, job.until, now, job.most);
    if (request === null) return false;
    const pulled = await pull(job, request, ask, deps.log, signal);
    if (signal.aborted) return false;
    if (!pulled.ok) {
      // Said once, not at every try.
      if (pulled.problem !== job.problem)
        logger.warn({ slo: job.slo, problem: pulled.problem }, 'pulling from Prometheus failed');
      if (pulled.isTooMuch) job.most = Math.max(LEAST_SLICES, Math.floor(job.most / 4));
      putOff(job, pulled.problem, deps);
      return false;
    }
    if (job.failures > 0) logger.info({ slo: job.slo }, 'slices are pulled from Prometheus again');
    job.failures = 0;
    job.problem = pulled.hint;
    job.most = Math.min(MOST_SLICES, job.most * 2);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    logger.error({ err: error, slo: job.slo }, 'what was pulled from Prometheus could not be kept');
    putOff(job, 'What was pulled could not be kept: the log or the store does not answer.', deps);
    return false;
  }
}

function putOff(job: Job, problem: string, { lookMs = LOOK_MS, firstPauseMs = FIRST_PAUSE_MS }: PullingDeps): void {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** Math.min(job.failures, 16));
  job.failures += 1;
  job.waitUntilMs = performance.now() + Math.max(pauseMs, lookMs);
  job.problem = problem;
}

type PullResult =
  /** `hint`: what should be mended about the queries; null: nothing. */
  | { readonly ok: true; readonly hint: string | null }
  | { readonly ok: false; readonly problem: string; readonly isTooMuch: boolean };

/** Takes slices into the log. Rejects if the log does. */
async function pull(
  job: Job,
  { start, count }: PullRequest,
  ask: AskRange,
  log: EventLog,
  signal: AbortSignal,
): Promise<PullResult> {
  const { indicator, sliceSeconds } = job;
  const stepMs = sliceSeconds * 1000;
  const samples: Samples[] = [];
  for (const query of queriesOf(indicator, sliceSeconds)) {
    const question = { query, start: start + stepMs, end: start + count * stepMs, stepSeconds: sliceSeconds };
    const answer = await ask(question, signal);
    if (!answer.ok) return { ...answer, problem: `The Prometheus '${indicator.source}' ${answer.problem}.` };
    samples.push(answer.samples);
  }
  const { events, halfKnown } = slicesOf(job, samples, start, count);
  const records = events.map((event) => ({ key: event.subject, value: encodeEvent(event) }));
  // One after the other, so that the facts of a killed pull are those before a point: the next goes on from there.
  for (let at = 0; at < records.length; at += MOST_RECORDS)
    await log.append('headway.events', records.slice(at, at + MOST_RECORDS));
  job.until = start + count * stepMs;
  if (halfKnown === 0 || indicator.from === 'threshold') return { ok: true, hint: null };
  const hint = `In ${halfKnown} of the last ${count} slices the query of ${indicator.part_is} gave nothing where that of total did, so they count as missing. If nothing means none, end it with "or vector(0)".`;
  return { ok: true, hint };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
