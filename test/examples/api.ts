import { afterAll, beforeAll, expect } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import { createLogger } from '../../services/logger.ts';
import { openReading } from '../../services/reading.ts';
import { metricRoutes } from '../../services/routes/metrics.ts';
import { buildServer } from '../../services/server.ts';
import type { Story } from '../histories/story.ts';
import { type Ask, oracle } from '../oracle/oracle.ts';
import { disagreements } from '../support/agreement.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

/** What a story's events come to, through the store and the API. */
export interface Api {
  /** `GET /v1/metrics/{metric}`; the oracle's answer to the same question is checked to be the same. */
  answer(story: Story, metric: string, params: Ask['params']): Promise<MetricAnswer>;
  /** The one total of a question without groups. */
  total(story: Story, metric: string, params: Ask['params']): Promise<Row>;
  /** `GET` of any path under the metric, as JSON. */
  get(story: Story, path: string, params: Ask['params']): Promise<Record<string, unknown>>;
}

/** The API over a real store, for the tests of one file; `now` is its clock. */
export function apiOver(now: string): Api {
  let ledger: Ledger;
  let app: Awaited<ReturnType<typeof buildServer>>;
  let written: { story: Story; length: number } | null = null;
  beforeAll(async () => {
    ledger = await openLedger();
    const reading = openReading({
      store: ledger.store,
      withAtoms: ledger.atoms.withAtoms,
      clock: { now: () => now },
      reportingZone: 'UTC',
      fiscalStartMonth: 1,
      organisation: 'Examples',
      sources: [],
      defaults: () => ({}),
      staleSince: () => null,
    });
    app = await buildServer({
      tokens: null,
      rateLimit: null,
      logger: createLogger('error'),
      routes: (server) => metricRoutes(server, reading.metrics),
    });
  });
  afterAll(async () => {
    await app.close();
    await ledger.close();
  });

  const get: Api['get'] = async (story, path, params) => {
    if (written?.story !== story || written.length !== story.history.length) {
      await ledger.clear();
      await ledger.write(story.history);
      await ledger.atoms.rebuild();
      written = { story, length: story.history.length };
    }
    const response = await app.inject({ method: 'GET', url: `/v1/metrics/${path}`, query: { ...params } });
    expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
    return response.json();
  };
  const answer: Api['answer'] = async (story, metric, params) => {
    const given = (await get(story, metric, params)) as unknown as MetricAnswer;
    expect(disagreements(given, oracle(story.history, { metric, params, now }))).toEqual([]);
    return given;
  };
  return {
    get,
    answer,
    async total(story, metric, params) {
      const { totals } = await answer(story, metric, params);
      expect(totals).toHaveLength(1);
      return totals[0]!;
    },
  };
}
