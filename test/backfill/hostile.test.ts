import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Delivery } from '../../ingest/delivery.ts';
import { decodeDelivery, type StoredDelivery } from '../../ingest/record.ts';
import { HISTORY_TYPE, isHistory } from '../../ingest/sources/history.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import { checkpointFile } from '../../services/backfill/checkpoint.ts';
import { backfill } from '../../services/backfill/run.ts';
import { systemClock } from '../../services/clock.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { createToken } from '../../services/tokens.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';
import type { SourceCase } from '../sources/cases/case.ts';
import { delivery } from '../sources/deliveries.ts';
import { hostileDeliveries } from '../sources/hostile-bodies.ts';
import { changed, ofAnotherType, pathsOf } from '../sources/mutations.ts';
import { cpuMs, expectSound } from '../sources/sound.ts';
import { times } from '../support/thorough.ts';
import { histories } from './history-bodies.ts';

/* What comes to `POST /v1/history/{source}` is another program's word, though it has a token. */

const SEED = 20260306;
const ARBITRARY = times(2000, 200);
const SENT = times(300, 60);
console.log(`hostile history: seed ${SEED}`);

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
process.on('unhandledRejection', note);
afterAll(() => void process.off('unhandledRejection', note));

const each = histories.map((history) => ({ name: history.source.name, history: history as SourceCase }));

test.each(each)(
  'history of $name: every record is read; without a field, or of another type, it is read or refused',
  ({ name, history }) => {
    const outcomes = { events: 0, ignored: 0, rejected: 0 };
    const made = (body: unknown) => delivery(name, body, { 'content-type': HISTORY_TYPE });
    for (const { body } of history.bases.slice(0, -1)) {
      expect(expectSound(made(body)), JSON.stringify(body).slice(0, 200)).toBe('events');
      for (const path of pathsOf(body)) {
        outcomes[expectSound(made(changed(body, path, undefined)))]++;
        const value = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], body);
        for (const other of ofAnotherType(value)) outcomes[expectSound(made(changed(body, path, other)))]++;
      }
      const text = JSON.stringify(body);
      for (let length = 0; length < text.length; length += 11)
        expect(expectSound(made(text.slice(0, length)))).toBe('rejected');
    }
    expect(Math.min(outcomes.events, outcomes.rejected)).toBeGreaterThan(100);
  },
);

test.each(each)(
  `${ARBITRARY} arbitrary bodies of history of $name: none throws, none is half right, none takes long`,
  ({ history }) => {
    const outcomes = { events: 0, ignored: 0, rejected: 0 };
    fc.assert(
      fc.property(hostileDeliveries(history), (sent) => {
        outcomes[expectSound(sent)]++;
        expect(cpuMs(sent), 'milliseconds that reading holds up others').toBeLessThan(100);
      }),
      { numRuns: ARBITRARY, seed: SEED },
    );
    expect(Math.min(outcomes.events, outcomes.rejected)).toBeGreaterThan(ARBITRARY / 20);
  },
);

test('a long page goes in parts, none of which takes the server long', async () => {
  const { source, bases } = histories[0]!;
  const { records, ...of } = bases[0]!.body as { records: [{ pull: object; commits: [object] }] };
  const [one] = records;
  const commits = Array.from({ length: 20 }, (_, at) => ({
    ...one.commits[0],
    sha: at.toString(16).padStart(40, '0'),
  }));
  const page = Array.from({ length: 250 }, (_, at) => ({
    ...one,
    kind: 'pull',
    pull: { ...one.pull, number: at + 1 },
    commits,
  }));
  const bodies: Buffer[] = [];
  const http = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()));
    response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  const step = {
    name: 'pulls',
    unit: 'pulls',
    async *read() {
      yield { records: page, next: null, done: 250, total: 250 };
    },
  };
  const done = await backfill({
    forge: { source, of, repository: 'acme/api', steps: [step] },
    span: { since: '2025-01-01T00:00:00.000Z', until: '2026-01-01T00:00:00.000Z' },
    asked: 'a year',
    checkpoint: checkpointFile(temporaryFolder(), url, 'acme/api'),
    server: { url, token: null },
    now: () => '2026-03-05T12:00:00.000Z',
  });
  http.closeAllConnections();
  http.close();
  expect(done).toMatchObject({ records: 250, unreadable: 0 });
  const sent = bodies.flatMap(
    (body) => (JSON.parse(String(body)) as { records: { pull?: { number: number } }[] }).records,
  );
  expect(sent.flatMap(({ pull }) => pull?.number ?? [])).toEqual(page.map((_, at) => at + 1));
  for (const body of bodies) {
    const part = delivery('github', body, { 'content-type': HISTORY_TYPE });
    expect(expectSound(part)).toBe('events');
    expect(cpuMs(part), `milliseconds for ${body.length} bytes`).toBeLessThan(100);
  }
});

test(`a running server answers each of ${SENT} for each source, and keeps all of one or nothing`, async () => {
  const dir = temporaryFolder();
  const tokens = { ingest: createToken('backfill', ['ingest']), read: createToken('reader', ['read']) };
  const file = join(dir, 'tokens.yaml');
  writeFileSync(file, stringify({ tokens: Object.values(tokens).map(({ record }) => record) }));
  const dataDir = join(dir, 'data');
  const service = await startEmbedded({ HEADWAY_TOKENS_FILE: file, HEADWAY_DATA_DIR: dataDir });
  await service.ready;
  const post = async (path: string, body: Uint8Array | string, token: string | null, type = HISTORY_TYPE) => {
    const headers = { 'content-type': type, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(service.url + path, { method: 'POST', headers, body: Buffer.from(body) });
    return { status: response.status, answer: (await response.json()) as Answer };
  };
  const { ingest, read } = tokens;

  // Nothing of these may be stored: they are not proven to be from a backfill, or none of ours.
  const right = JSON.stringify(histories[0]!.bases.at(-1)!.body);
  const long = Buffer.alloc(25 * 1024 * 1024 + 1, ' ');
  for (const [status, path, body, token, type] of [
    [401, '/v1/history/github', right, null],
    [401, '/v1/history/github', right, 'hw_guessed'],
    [403, '/v1/history/github', right, read.token],
    [404, '/v1/history/pagerduty', right, ingest.token],
    [404, '/v1/history/no-such-source', right, ingest.token],
    [404, '/v1/history/__proto__', right, ingest.token],
    [413, '/v1/history/github', long, ingest.token],
    [415, '/v1/history/github', right, ingest.token, 'text/html'],
  ] as const)
    expect((await post(path, body, token, type)).status, `${path} ${token} ${type}`).toBe(status);

  const answers: { status: number; answer: Answer }[] = [];
  for (const { name, history } of each) {
    const sent = fc.sample(hostileDeliveries(history), { numRuns: SENT, seed: SEED });
    for (let from = 0; from < sent.length; from += 25)
      answers.push(
        ...(await Promise.all(
          sent.slice(from, from + 25).map(({ body }: Delivery) => post(`/v1/history/${name}`, body, ingest.token)),
        )),
      );
  }
  expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([202, 400]);
  await service.settled();
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  await service.stop();
  expect(unhandled).toEqual([]);

  const { deliveries, facts, refused } = await kept(join(dataDir, 'log'));
  expect(deliveries.size, 'what was answered 202 or 400, and nothing else').toBe(answers.length);
  for (const { status, answer } of answers) {
    const id = answer.delivery ?? /kept as (\S+)/.exec(answer.detail ?? '')?.[1] ?? '';
    const stored = deliveries.get(id);
    expect(stored && isHistory(stored.delivery), JSON.stringify(answer)).toBe(true);
    const isRefused = status === 400 || answer.rejected !== undefined;
    expect(facts.get(id) ?? 0).toBe(isRefused ? 0 : answer.events);
    expect(refused.get(id) ?? 0).toBe(isRefused ? 1 : 0);
  }
  expect(answers.filter(({ answer }) => (answer.events ?? 0) > 0).length).toBeGreaterThan(SENT / 10);
  expect(answers.filter(({ answer }) => answer.rejected !== undefined).length).toBeGreaterThan(SENT / 6);
}, 300_000);

interface Answer {
  readonly delivery?: string;
  readonly events?: number;
  readonly rejected?: string;
  readonly detail?: string;
}

/** What the log of a stopped server holds: deliveries by id, how many facts each made, and how often each was set aside. */
async function kept(path: string) {
  const log = await openLmdbLog({ path, clock: systemClock });
  const deliveries = new Map<string, StoredDelivery>();
  const facts = new Map<string, number>();
  const refused = new Map<string, number>();
  for await (const records of log.readAll('headway.deliveries'))
    for (const { key, value } of records) deliveries.set(key, decodeDelivery(value)!);
  for await (const records of log.readAll('headway.events'))
    for (const { value } of records) {
      const decoded = decodeEvent(value);
      if (!decoded.ok) throw new Error(decoded.reason);
      const { type, delivery_id: id } = decoded.event;
      const of = type === 'delivery.rejected' ? refused : facts;
      of.set(id, (of.get(id) ?? 0) + 1);
    }
  await log.close();
  return { deliveries, facts, refused };
}
