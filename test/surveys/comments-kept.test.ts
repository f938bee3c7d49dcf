import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeDelivery } from '../../ingest/record.ts';
import { systemClock } from '../../services/clock.ts';
import type { RunningService } from '../../services/compose.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { openStore } from '../../services/store.ts';
import { filesWith, send, startSpoken, WORDS, ways } from './spoken.ts';

/** What is left behind by a service that was told all there is to tell. */
interface Left {
  readonly files: readonly string[];
  readonly bodies: readonly string[];
  readonly deliveries: number;
  /** By kind, how many facts the store has, and in how many of them the words stand. */
  readonly facts: ReadonlyMap<string, { readonly n: number; readonly spoken: number }>;
}

async function leftBy(service: RunningService, dataDir: string): Promise<Left> {
  await service.settled();
  await service.stop();
  const files = filesWith(dataDir, WORDS);
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
  const bodies: string[] = [];
  for await (const records of log.readAll('headway.deliveries'))
    for (const { value } of records) {
      const { delivery } = decodeDelivery(value)!;
      bodies.push(JSON.stringify(delivery.headers) + new TextDecoder().decode(delivery.body));
    }
  await log.close();
  const store = await openStore({ path: join(dataDir, 'store') });
  const rows = await store.query<{ type: string; n: string; spoken: string }>(
    'SELECT type, uniqExact(id) AS n, countIf(position(toJSONString(data), {words:String}) > 0) AS spoken FROM events GROUP BY type',
    { words: WORDS },
  );
  await store.close();
  return {
    files,
    bodies: bodies.filter((body) => body.includes(WORDS)),
    deliveries: bodies.length,
    facts: new Map(rows.map(({ type, n, spoken }) => [type, { n: Number(n), spoken: Number(spoken) }])),
  };
}

const sum = (of: 'answers' | 'comments') => ways.reduce((total, way) => total + way[of], 0);

test('where nobody asks for comments, no byte of one outlives the request, and nothing else is lost', async () => {
  const { service, dataDir } = await startSpoken('off');
  for (const way of ways) {
    const { status, text } = await send(service, way);
    expect([200, 202, 400], `${way.name}: ${text}`).toContain(status);
    expect(text, way.name).not.toContain(WORDS);
    // Who sends events is told what became of each, and how comments can be had; hooks are senders who read no answers.
    if (way.path === '/v1/events' && way.comments > 0) {
      const { events } = JSON.parse(text) as {
        events: { status: string; problems?: { field: string; problem: string }[] }[];
      };
      const refused = events.filter(({ problems }) => problems?.some(({ field }) => field === 'type'));
      expect(refused, way.name).toHaveLength(way.comments);
      expect(JSON.stringify(refused)).toContain('HEADWAY_SURVEY_COMMENTS=on');
      expect(events.filter((event) => event.status === 'accepted').length, way.name).toBeGreaterThanOrEqual(
        way.answers,
      );
    }
  }
  await service.settled();
  const rejected = await (await fetch(`${service.url}/v1/rejected`)).text();
  expect(rejected).toContain('comments are not asked for');
  expect(rejected).not.toContain(WORDS);
  const asked = await fetch(`${service.url}/v1/surveys/Spring/comments?item=overall`);
  expect(await asked.json()).toMatchObject({
    status: 'not_applicable',
    reason: expect.stringContaining('HEADWAY_SURVEY_COMMENTS=on'),
  });
  // Nor does reading again what is kept bring any back.
  const replayed = await fetch(`${service.url}/v1/admin/replay`, { method: 'POST' });
  expect(replayed.status, await replayed.text()).toBe(200);

  const left = await leftBy(service, dataDir);
  expect(left.files).toEqual([]);
  expect(left.bodies).toEqual([]);
  expect(left.deliveries).toBe(ways.length);
  expect([...left.facts.values()].reduce((total, { spoken }) => total + spoken, 0)).toBe(0);
  expect(left.facts.get('survey.commented')).toBeUndefined();
  expect(left.facts.get('survey.answered')?.n).toBe(sum('answers'));
  expect(left.facts.get('survey.wave_closed')?.n).toBe(1);
}, 120_000);

test('where somebody asks for them they are there: what is looked for would be found', async () => {
  const { service, dataDir } = await startSpoken('on');
  for (const way of ways) {
    const { text } = await send(service, way);
    expect(text, way.name).not.toContain(WORDS);
  }
  const left = await leftBy(service, dataDir);
  expect(left.files.length).toBeGreaterThan(0);
  expect(left.bodies).toHaveLength(ways.length);
  expect(left.facts.get('survey.commented')).toEqual({ n: sum('comments'), spoken: sum('comments') });
  expect(left.facts.get('survey.answered')).toEqual({ n: sum('answers'), spoken: 0 });
}, 120_000);
