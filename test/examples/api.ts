import { afterAll, beforeAll, expect } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import type { Story } from '../histories/story.ts';
import { type Ask, oracle } from '../oracle/oracle.ts';
import { disagreements } from '../support/agreement.ts';
import { type OpenApi, openApi } from '../support/api.ts';

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
  let api: OpenApi;
  let written: { story: Story; length: number } | null = null;
  beforeAll(async () => {
    api = await openApi({ now: () => now });
  });
  afterAll(() => api.close());

  const get: Api['get'] = async (story, path, params) => {
    if (written?.story !== story || written.length !== story.history.length) {
      await api.ledger.clear();
      await api.ledger.write(story.history);
      await api.ledger.atoms.rebuild();
      written = { story, length: story.history.length };
    }
    const response = await api.app.inject({ method: 'GET', url: `/v1/metrics/${path}`, query: { ...params } });
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
