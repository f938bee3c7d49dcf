import { existsSync, writeFileSync } from 'node:fs';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { answerMetric } from '../../queries/answer.ts';
import type { AnswerDeps } from '../../queries/ask.ts';
import { openAtoms } from '../../queries/atoms/atoms.ts';
import { EVENTS_INSERT, eventRow } from '../../queries/atoms/events.ts';
import { keepAnswers } from '../../queries/kept-answers.ts';
import { keepCounts } from '../../queries/kept-counts.ts';
import type { Metric } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { type MetricRequest, parseRequest } from '../../queries/request.ts';
import { openStore } from '../../services/store.ts';
import { byHand } from './by-hand.ts';
import { fillLargeStore, multiply, settle } from './large-store.ts';

const NOW = '2026-02-01T00:00:00.000Z';
const ROUNDS = 21;
const TIMES = 10;

/** What a metric costs over two years; milliseconds. */
export interface Cost {
  readonly metric: string;
  readonly asked: string;
  /** The first time in this process. */
  readonly first: number;
  /** Where all that it reads has changed since it was asked for last. */
  readonly anew: Times;
  /** Where nothing that it reads has, and only the clock has moved; from the third time on. */
  readonly again: Times;
  /** The SQL that one would write by hand, which keeps nothing. */
  readonly byHand: Times;
}

/** Milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p95: number;
}

/**
 * Asks every metric of the registry for two years by team and week in a store of `events` events, in turns with the SQL that
 * one would write by hand. The store in `path` is made and folded if it is not there, and stays.
 */
export async function* queryCosts(path: string, events: number): AsyncGenerator<Cost> {
  // Told beside it once it is whole: what a killed run left is no store to measure.
  const whole = `${path}.whole`;
  if (existsSync(path) && !existsSync(whole))
    throw new Error(`${path} is no large store, or was never finished: remove it, or name another folder`);
  const store = await openStore({ path });
  const atoms = openAtoms(store, 'bench');
  await atoms.prepare();
  try {
    if (!existsSync(whole)) {
      // A tenth of it is folded.
      await fillLargeStore(store, { events: events / TIMES, services: Math.ceil(events / TIMES / 10_000) });
      await atoms.rebuild();
      await multiply(store, TIMES);
      await settle(store);
      writeFileSync(whole, '');
    }
    let offset = 0n;
    const publish = async (published: readonly NormalizedEvent[]): Promise<void> => {
      const records = published.map((event) => eventRow(event, { partition: 1, offset: offset++, recordedAt: NOW }));
      await store.insert(EVENTS_INSERT, records);
    };
    const deps = { store, withAtoms: atoms.withAtoms, reportingZone: 'UTC', publish };
    for (const metric of metrics) {
      const { request, asked } = widest(metric);
      const sql = byHand[metric.id];
      if (sql === undefined)
        throw new Error(`nothing is written by hand for ${metric.id}: add it to test/bench/by-hand.ts`);
      const keeping = (): Keeping => ({ keptCounts: keepCounts(store), keptAnswers: keepAnswers() });
      const kept = keeping();
      let asks = 0;
      const ask = (keeps: Keeping) =>
        timeOf(async () => {
          const now = new Date(Date.parse(NOW) + 1_000 * asks++).toISOString();
          const answered = await answerMetric({ ...deps, ...keeps, now }, metric, request);
          if (!answered.ok) throw new Error(`${metric.id}: ${JSON.stringify(answered.problems)}`);
          if (answered.answer.totals.every((row) => !row.n)) throw new Error(`${metric.id} counted nothing`);
        });
      const first = await ask(kept);
      await ask(kept);
      await store.query(sql);
      const times: { anew: number[]; again: number[]; byHand: number[] } = { anew: [], again: [], byHand: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        times.anew.push(await ask(keeping()));
        times.again.push(await ask(kept));
        times.byHand.push(await timeOf(() => store.query(sql)));
      }
      yield {
        metric: metric.id,
        asked,
        first,
        anew: timesOf(times.anew),
        again: timesOf(times.again),
        byHand: timesOf(times.byHand),
      };
    }
  } finally {
    await atoms.close();
    await store.close();
  }
}

/** What is kept from one question to the next. */
type Keeping = Pick<AnswerDeps, 'keptCounts' | 'keptAnswers'>;

/** By team and week, or what of it the metric can be asked for. */
function widest(metric: Metric): { request: MetricRequest; asked: string } {
  for (const group of [{ group_by: 'team' }, { group_by: 'tier' }, {}])
    for (const grain of [{ grain: 'week' }, { grain: 'month' }, {}]) {
      const asked = { from: '2024-01-01', to: '2025-12-29', ...group, ...grain };
      const parsed = parseRequest(metric, asked, { now: NOW, reportingZone: 'UTC' });
      if (parsed.ok) return { request: parsed.request, asked: new URLSearchParams({ ...group, ...grain }).toString() };
    }
  throw new Error(`${metric.id} cannot be asked`);
}

/** What one question leaves behind, to see whether its tables changed meanwhile, is no part of the next. */
const REST_MS = 30;

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const timesOf = (times: readonly number[]): Times => ({ p50: at(times, 0.5), p95: at(times, 0.95) });

const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
