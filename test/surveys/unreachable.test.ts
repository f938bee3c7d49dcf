import { beforeAll, expect, test } from 'vitest';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { CommentsAnswer } from '../../queries/privacy/commented.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from '../api/start.ts';

/** What nobody may read: who answered, and what single people said. */
const PERSON = 'pseudonym-of-';
const SCORE = 3.0625;
/** What twelve people wrote, and what three did: the latter is nobody's to read anywhere, the former at one address. */
const SHOWN = 'The pager woke me';
const WHISPERED = 'My lead reads this';
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

let service: RunningService;
let ids: string[] = [];
let deliveries: string[] = [];

beforeAll(async () => {
  service = await startEmbedded({ HEADWAY_SURVEY_COMMENTS: 'on' });
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
  const commented = answered.flatMap(({ id, data: { respondent } }, index) =>
    (['overall', 'few'] as const).slice(0, index < 3 ? 2 : 1).map((item) => ({
      ...answered[index]!,
      id: `${id}-${item}`,
      type: 'survey.commented',
      data: { wave: 'Spring', item, respondent, text: `${item === 'few' ? WHISPERED : SHOWN} ${index}` },
    })),
  );
  // Not as it should be: kept, listed as rejected, and no more to be read than what is right.
  const misspelt = commented.map((event) => ({ ...event, data: { text: event.data.text } }));
  const post = async (text: string, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${service.url}/v1/events`, { method: 'POST', headers, body: text });
    const body = (await response.json()) as { delivery?: string; detail?: string };
    expect([202, 400], JSON.stringify(body).slice(0, 300)).toContain(response.status);
    return body.delivery ?? /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(body.detail ?? '')?.[0] ?? '';
  };
  const json = { 'content-type': 'application/json' };
  const [first] = commented;
  const cloud = { 'ce-specversion': '1.0', 'ce-id': 'x', 'ce-source': 's', 'ce-time': daysAgo(6) };
  deliveries = [
    await post(JSON.stringify([...answered, closed, broken, ...misspelt]), json),
    await post(commented.map((event) => JSON.stringify(event)).join('\n'), { 'content-type': 'application/x-ndjson' }),
    await post(JSON.stringify(first?.data), { ...json, ...cloud, 'ce-type': 'survey.commented', 'ce-said': WHISPERED }),
    await post(JSON.stringify(misspelt[1]?.data), { ...json, ...cloud, 'ce-type': 'survey.commented' }),
    await post(JSON.stringify(commented, null, 1).slice(0, -2), json),
  ];
  await service.settled();
  const { eventId } = await import('../../ingest/event.ts');
  ids = [...commented.slice(0, 2), ...answered.slice(0, 2)].map(({ id, type }) => eventId('survey-tool', [type, id]));
}, 120_000);

test('the whole is told once the log holds that it is, and the small team is not', async () => {
  const get = async (path: string) => (await (await fetch(service.url + path)).json()) as MetricAnswer;
  expect((await get('/v1/metrics/survey.score')).totals).toMatchObject([{ n: 12, value: expect.any(Number) }]);
  for (const row of (await get('/v1/metrics/survey.score?group_by=team')).totals)
    expect(row).toMatchObject({ n: null, value: null, status: 'suppressed' });
}, 60_000);

test('three comments are told nowhere, twelve once they are given out, and at one address alone', async () => {
  const ask = async (query: string) =>
    (await (await fetch(`${service.url}/v1/surveys/Spring/comments?${query}`)).json()) as CommentsAnswer;
  await attack([SHOWN, WHISPERED], '/v1/surveys/{wave}/comments');
  expect(await ask('item=few')).toMatchObject({ status: 'suppressed', n: null, comments: [], items: ['overall'] });
  const told = await ask('item=overall');
  expect(told).toMatchObject({ status: 'ok', n: 12 });
  expect(told.comments.every((text: string) => text.startsWith(SHOWN))).toBe(true);
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`${PERSON}|few|many|survey-tool`));
  // Once the log holds them, as before.
  await attack([SHOWN, WHISPERED], '/v1/surveys/{wave}/comments');
}, 240_000);

test('no address of the API or page gives away who answered or what a single person said', async () => {
  await attack([PERSON, /(?<!\d)3\.06/, WHISPERED]);
}, 240_000);

/** Asks every address in every way, but for one, and looks for what nobody may read. */
async function attack(secrets: readonly (string | RegExp)[], except = ''): Promise<void> {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const paths = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  expect(paths.length).toBeGreaterThan(30);
  expect(paths).toEqual(expect.arrayContaining(['/v1/metrics/survey.score/atoms', '/v1/events/{id}']));
  const values = [...ids, ...deliveries, 'Spring', 'few', 'survey.score', 'canonical'];
  const queries = [
    '',
    '?group_by=team,item&grain=day',
    '?team=few&format=csv',
    `?as_of=${daysAgo(1)}&and=${daysAgo(0)}`,
  ];
  const ofComments = ['', '?item=few', '?item=overall', ...[5, 4, 1].map((days) => `?item=few&as_of=${daysAgo(days)}`)];
  const ofList = ['', `?source=canonical&since=${daysAgo(9)}`, '?format=csv', '?format=ndjson', '?format=parquet'];
  let told = 0;
  for (const path of paths) {
    const isSurvey = path.includes('survey.');
    const isOne = path.includes('{');
    if ((path.startsWith('/v1/metrics/') && !isSurvey) || path === except) continue;
    const asked = isSurvey ? queries : path.endsWith('/comments') ? ofComments : isOne ? [''] : ofList;
    for (const value of isOne ? values : [''])
      for (const query of asked) {
        const url = `${path.replaceAll(/\{[^}]*\}/g, encodeURIComponent(value))}${query}`;
        const response = await fetch(service.url + url);
        const text = await response.text();
        expect(response.status, `${url}: ${text.slice(0, 200)}`).not.toBe(500);
        if (response.status === 200) told += 1;
        // A score however it is rounded; not the seconds of a clock (…:23.066).
        for (const secret of secrets) {
          expect(text, `${url} tells ${secret}: ${text.slice(0, 400)}`).not.toMatch(secret);
        }
        if (isSurvey && /\/(atoms|diff)/.test(path)) expect(response.status).toBe(403);
      }
  }
  expect(told).toBeGreaterThan(10);
}
