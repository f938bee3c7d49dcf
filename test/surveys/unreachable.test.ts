import { beforeAll, expect, test } from 'vitest';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from '../api/start.ts';

/** What nobody may read: who answered, and what single people said. */
const PERSON = 'pseudonym-of-';
const SCORE = 3.0625;
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

let service: RunningService;
let ids: string[] = [];
let delivery = '';

beforeAll(async () => {
  service = await startEmbedded();
  const answered = Array.from({ length: 12 }, (_, index) => ({
    id: `${PERSON}${index}`,
    type: 'survey.answered',
    source: 'survey-tool',
    occurred_at: daysAgo(6),
    data: {
      wave: 'Spring',
      item: 'overall',
      respondent: `${PERSON}${index}`,
      score: index < 3 ? SCORE + index / 2 ** 10 : 1 + (index % 5),
      team: index < 3 ? 'few' : 'many',
    },
  }));
  const closed = {
    id: 'close',
    type: 'survey.wave_closed',
    source: 'survey-tool',
    occurred_at: daysAgo(5),
    data: { wave: 'Spring' },
  };
  const broken = { ...answered[0], id: `${PERSON}broken`, data: { ...answered[0]!.data, item: 7 } };
  const response = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([...answered, closed, broken]),
  });
  const body = (await response.json()) as { delivery: string };
  expect(response.status, JSON.stringify(body).slice(0, 300)).toBe(202);
  delivery = body.delivery;
  await service.settled();
  const { eventId } = await import('../../ingest/event.ts');
  ids = answered.map(({ id }) => eventId('survey-tool', ['survey.answered', id]));
}, 120_000);

test('the whole is told once the log holds that it is, and the small team is not', async () => {
  const get = async (path: string) => (await (await fetch(service.url + path)).json()) as MetricAnswer;
  expect((await get('/v1/metrics/survey.score')).totals).toMatchObject([{ n: 12, value: expect.any(Number) }]);
  for (const row of (await get('/v1/metrics/survey.score?group_by=team')).totals)
    expect(row).toMatchObject({ n: null, value: null, status: 'suppressed' });
}, 60_000);

test('no address of the API or page gives away who answered or what a single person said', async () => {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const paths = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  expect(paths.length).toBeGreaterThan(30);
  expect(paths).toEqual(expect.arrayContaining(['/v1/metrics/survey.score/atoms', '/v1/events/{id}']));
  const values = [...ids.slice(0, 2), delivery, 'Spring', 'few', 'survey.score'];
  const queries = [
    '',
    '?group_by=team,item&grain=day',
    '?team=few&format=csv',
    `?as_of=${daysAgo(1)}&and=${daysAgo(0)}`,
  ];
  let told = 0;
  for (const path of paths) {
    const isSurvey = path.includes('survey.');
    const isOne = path.includes('{');
    if (path.startsWith('/v1/metrics/') && !isSurvey) continue;
    for (const value of isOne ? values : [''])
      for (const query of isSurvey ? queries : ['']) {
        const url = `${path.replaceAll(/\{[^}]*\}/g, encodeURIComponent(value))}${query}`;
        const response = await fetch(service.url + url);
        const text = await response.text();
        expect(response.status, `${url}: ${text.slice(0, 200)}`).not.toBe(500);
        if (response.status === 200) told += 1;
        // The score however it is rounded; not the seconds of a clock (…:23.066).
        for (const secret of [PERSON, /(?<!\d)3\.06/]) {
          expect(text, `${url} tells ${secret}: ${text.slice(0, 400)}`).not.toMatch(secret);
        }
        if (isSurvey && /\/(atoms|diff)/.test(path)) expect(response.status).toBe(403);
      }
  }
  expect(told).toBeGreaterThan(10);
}, 240_000);
