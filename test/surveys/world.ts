import { afterAll, beforeAll, expect } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import type { CommentsAnswer } from '../../queries/privacy/commented.ts';
import { metricRoutes } from '../../services/routes/metrics.ts';
import { surveyRoutes } from '../../services/routes/surveys.ts';
import { newStory, type Story } from '../histories/story.ts';
import { type OpenApi, openApi } from '../support/api.ts';
import type { Ledger } from '../support/ledger.ts';

/** A store with the API over it, whose clock stands where the test says. */
export interface SurveyWorld {
  /** What has been told since the last `write`, to be told on. */
  readonly story: () => Story;
  /** Forgets everything. */
  clear(): Promise<void>;
  /** Takes in what the story tells beyond what was taken in. */
  write(): Promise<void>;
  at(now: string): void;
  /** The totals of a metric. */
  totals(metric: string, params?: Readonly<Record<string, string>>): Promise<readonly Row[]>;
  get(metric: string, params?: Readonly<Record<string, string>>): Promise<MetricAnswer>;
  /** What the API says to a question that it does not answer. */
  refused(metric: string, params: Readonly<Record<string, string>>): Promise<string>;
  /** What the API says of the comments in the wave of these tests. */
  comments(params?: Readonly<Record<string, string>>): Promise<CommentsAnswer>;
  /** The same of any wave, with the status of the answer. */
  askComments(wave: string, params?: Readonly<Record<string, string>>): Promise<{ status: number; body: string }>;
  readonly ledger: () => Ledger;
}

/** The window in which all waves of these tests close. */
export const window = { from: '2025-01-01T00:00:00Z', to: '2025-12-29T00:00:00Z' };

export function surveyWorld(): SurveyWorld {
  let api: OpenApi;
  let now = '2026-01-01T00:00:00.000Z';
  let story = newStory();
  let written = 0;
  beforeAll(async () => {
    api = await openApi({
      now: () => now,
      reading: (ledger) => ({
        takesComments: true,
        publish: (events) => ledger.write(events.map((event) => ({ event, recorded_at: now }))).then(() => undefined),
      }),
      routes(server, reading) {
        metricRoutes(server, reading.metrics);
        surveyRoutes(server, reading.comments, () => now);
      },
    });
  });
  afterAll(() => api.close());
  const get: SurveyWorld['get'] = async (metric, params = {}) => {
    const response = await api.app.inject({
      method: 'GET',
      url: `/v1/metrics/${metric}`,
      query: { ...window, ...params },
    });
    expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
    return response.json();
  };
  const askComments: SurveyWorld['askComments'] = async (wave, query = {}) => {
    const url = `/v1/surveys/${encodeURIComponent(wave)}/comments`;
    const { statusCode, body } = await api.app.inject({ method: 'GET', url, query: { ...query } });
    return { status: statusCode, body };
  };
  return {
    askComments,
    async comments(params) {
      const { status, body } = await askComments('W', params);
      expect(status, body.slice(0, 500)).toBe(200);
      return JSON.parse(body);
    },
    story: () => story,
    ledger: () => api.ledger,
    at(next) {
      now = next;
    },
    async clear() {
      await api.ledger.clear();
      await api.ledger.atoms.rebuild();
      story = newStory();
      written = 0;
      now = '2026-01-01T00:00:00.000Z';
    },
    async write() {
      await api.ledger.write(story.history.slice(written));
      written = story.history.length;
      await api.ledger.atoms.rebuild();
    },
    get,
    async refused(metric, params) {
      const response = await api.app.inject({
        method: 'GET',
        url: `/v1/metrics/${metric}`,
        query: { ...window, ...params },
      });
      expect([400, 403]).toContain(response.statusCode);
      return response.body;
    },
    totals: async (metric, params) => (await get(metric, params)).totals,
  };
}

const closes = '2025-03-10T00:00:00.000Z';

/** Closes a wave. */
export function close(story: Story, wave = 'W', at = closes): void {
  story.tell('survey.wave_closed', at, { wave });
}

/** One person's answer of a team, before the close; `more` goes into the event. */
export function answer(
  story: Story,
  who: string,
  score: number,
  more: Readonly<Record<string, unknown>> = {},
  recordedAt = '2025-03-05T00:00:01.000Z',
): void {
  const data = { wave: 'W', item: 'overall', respondent: who, score, ...more };
  story.tell('survey.answered', '2025-03-05T00:00:00Z', data, { recordedAt });
}

/** As many answers of a team as asked for, not all alike. */
export function answers(story: Story, team: string, n: number, more: Readonly<Record<string, unknown>> = {}): void {
  for (let i = 0; i < n; i += 1) answer(story, `${team}-${i}`, 1 + (i % 5), { team, ...more });
}

/** What one person writes about an item, before the close; `when` and `recordedAt` are when it was written and came in. */
export function comment(
  story: Story,
  who: string,
  text: string,
  { item = 'overall', when = '2025-03-05T00:00:00Z', recordedAt = '2025-03-05T00:00:01.000Z' } = {},
): void {
  const data = { wave: 'W', respondent: who, text, ...(item === '' ? {} : { item }) };
  story.tell('survey.commented', when, data, { recordedAt });
}

/** As many people's comments as asked for, called by a number from `from` on. */
export function comments(story: Story, n: number, { from = 0, ...more }: { from?: number } & CommentTimes = {}): void {
  for (let i = from; i < from + n; i += 1) comment(story, `p${i}`, textOf(i), more);
}

interface CommentTimes {
  readonly item?: string;
  readonly when?: string;
  readonly recordedAt?: string;
}

/** What the person of a number writes in these tests. */
export const textOf = (person: number): string => `Words of number ${person}.`;
