import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeDelivery } from '../../ingest/record.ts';
import { systemClock } from '../../services/clock.ts';
import type { DemoDelivery } from '../../services/demo/year/simulation.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { replayDeliveries } from '../../services/rebuilding.ts';
import { temporaryFolder } from '../api/start.ts';
import { freePort, type Ran, startCommand, startServerProcess } from '../e2e/process.ts';
import { THOROUGH } from '../support/thorough.ts';
import { answersOf, fill, type Installation, keptTexts, newInstallation, serving } from './organisation.ts';

/** What identifies her. */
const SPELLED = /ada[-._ +]lindqvist|u\/4711|"id":4711/i;
const NOW = '2026-03-20T12:00:00.000Z';
const DAYS = 400;
const people = (listed: boolean): string => `people:
  - { person: bo.ek, identities: [bo-ek, adalq-ek] }
${listed ? '  - { person: ada.lindqvist, identities: [ada-lindqvist, Ada Lindqvist, adalq] }\n' : ''}`;

const at = (hours: number): string => new Date(Date.parse('2026-03-01T08:00:00Z') + hours * 3_600_000).toISOString();
const canonical = (hours: number, type: string, id: string, data: object): DemoDelivery => ({
  at: at(hours),
  source: 'canonical',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ id, type, source: 'portal', occurred_at: at(hours), data }),
});

/** What somebody did on the platform, and pull requests as a forge tells of them. */
function* weeks(): Generator<DemoDelivery> {
  const logins = ['ada-lindqvist', 'bo-ek', 'adalq-ek', 'Ada-Lindqvist', 'carla'];
  for (let n = 0; n < DAYS; n += 1) {
    const login = logins[n % logins.length]!;
    const data = { principal: login, action: 'create-repository', team: 'search' };
    yield canonical(n, 'portal.action', `${login}/${n}`, data);
    const sender = {
      login,
      id: n % 5 === 0 ? 4711 : 12,
      avatar_url: `https://forge.example/u/${n % 5 === 0 ? 4711 : 12}`,
    };
    const pull_request = {
      number: n + 1,
      title: `Work of ${login}, reviewed by Ada Lindqvist`,
      created_at: at(n),
      updated_at: at(n),
      user: sender,
      head: { ref: `${login}-patch-${n}`, sha: n.toString(16).padStart(40, 'a') },
      base: { ref: 'main' },
      html_url: `https://forge.example/acme/api/pull/${n + 1}`,
      state: 'open',
      labels: [],
    };
    yield {
      at: at(n),
      source: 'github',
      headers: { 'content-type': 'application/json', 'x-github-event': 'pull_request' },
      body: JSON.stringify({
        action: 'opened',
        number: n + 1,
        pull_request,
        sender,
        repository: { id: 1, full_name: 'acme/api', default_branch: 'main' },
      }),
    };
  }
}

interface Line {
  readonly topic: string;
  readonly place: string;
  readonly recordedAt: string;
  readonly id: string;
}

/** Every record of a log by what an erasure must not change. */
async function linesOf({ dataDir }: Installation): Promise<Line[]> {
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
  const lines: Line[] = [];
  for (const topic of ['headway.deliveries', 'headway.events'] as const)
    for await (const records of log.readAll(topic))
      for (const { partition, offset, recordedAt, value } of records) {
        const { id, type = '' } = JSON.parse(new TextDecoder().decode(value)) as { id: string; type?: string };
        lines.push({ topic, place: `${partition}/${offset}`, recordedAt, id: `${type} ${id}` });
      }
  await log.close();
  return lines;
}

async function valuesOf({ dataDir }: Installation, topic: 'headway.deliveries' | 'headway.events'): Promise<string[]> {
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
  const values: string[] = [];
  for await (const records of log.readAll(topic))
    for (const { value } of records) values.push(new TextDecoder().decode(value));
  await log.close();
  return values;
}

const questions = ['adoption.dau', 'adoption.mau', 'pipeline.queue_time'].flatMap((id) => [
  `/v1/metrics/${id}?from=2026-03-01&to=2026-03-19&grain=week`,
  `/v1/metrics/${id}?from=2026-03-01&to=2026-03-19&as_of=2026-03-10T00:00:00.000Z`,
]);
const erasing = (installation: Installation, ...args: string[]): Promise<Ran> =>
  startCommand(['erase', 'person', ...args], installation.env).ended;

describe('headway erase person', () => {
  const installation = newInstallation(temporaryFolder());
  const { dataDir, workspaceDir, env } = installation;
  let lines: Line[];
  let numbers: Map<string, string>;

  beforeAll(async () => {
    writeFileSync(join(workspaceDir, 'people.yaml'), people(true));
    await serving(installation, '2026-02-28T00:00:00.000Z', async () => undefined);
    await fill(installation, weeks());
    numbers = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
    lines = await linesOf(installation);
    expect(lines.length).toBeGreaterThan(4 * DAYS);
    expect([...numbers.values()].join()).toContain('"value":');
  }, 300_000);

  it('changes nothing unless told to, and says how much it would', async () => {
    const { code, out } = await erasing(installation, 'ADA.lindqvist');
    expect(code).toBe(0);
    expect(out).toContain('Nothing was changed');
    expect(out).toContain('people.yaml:3');
    expect(out).toMatch(/replaced in 560 of 800 deliveries and 721 of 1202 events/);
    expect(out).toContain('1 names of other people and things hold one of them');
    expect(await linesOf(installation)).toEqual(lines);
    expect(existsSync(join(dataDir, 'erasures.json'))).toBe(false);
  }, 120_000);

  it('refuses who is unknown, an account of somebody, a workspace that still names the person, and a Kafka that is away', async () => {
    const unknown = await erasing(installation, 'ada.lindquist', '--yes');
    expect(unknown).toMatchObject({
      code: 1,
      err: expect.stringMatching(/No event names .*Similar ones are: .*ada\.lindqvist/),
    });
    const account = await erasing(installation, 'bo-ek', '--yes');
    expect(account).toMatchObject({ code: 1, err: expect.stringContaining('is an account of bo.ek') });
    const named = await erasing(installation, 'ada.lindqvist', '--yes');
    expect(named).toMatchObject({ code: 1, err: expect.stringMatching(/still names .*\n.*people\.yaml:3$/m) });
    const kafka = startCommand(['erase', 'person', 'bo.ek'], { ...env, HEADWAY_KAFKA_BROKERS: '127.0.0.1:1' });
    expect(await kafka.ended).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not answer.*HEADWAY_KAFKA_BROKERS/),
    });
    expect(await linesOf(installation)).toEqual(lines);
  }, 240_000);

  it('leaves a running server alone', async () => {
    const server = await startServerProcess(await freePort(), {
      HEADWAY_DATA_DIR: dataDir,
      HEADWAY_WORKSPACE: workspaceDir,
    });
    try {
      const { code, err } = await erasing(installation, 'bo.ek', '--yes');
      expect(code).toBe(1);
      expect(err).toContain('Stop it first');
    } finally {
      await server.stop();
    }
  }, 120_000);

  it('is done whole or not at all, wherever it is killed, and once however often it is told', async () => {
    writeFileSync(join(workspaceDir, 'people.yaml'), people(false));
    for (const moment of THOROUGH ? ['erasing', 'erasing/ready', 'erasing/old-log'] : ['erasing/ready']) {
      const command = startCommand(['erase', 'person', 'ada.lindqvist', '--yes'], env);
      let ended = false;
      void command.ended.then(() => {
        ended = true;
      });
      while (!ended && !existsSync(join(dataDir, moment))) await new Promise((resolve) => setTimeout(resolve, 1));
      command.kill();
      await command.ended;
      const after = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
      expect(after, moment).toEqual(numbers);
      expect(existsSync(join(dataDir, 'erasing')), moment).toBe(false);
      const now = await linesOf(installation);
      expect(now.slice(0, lines.length).length, moment).toBe(lines.length);
      const isErased = now.some(({ id }) => id.startsWith('person.erased'));
      const spelled = (await keptTexts(installation)).filter(({ text }) => SPELLED.test(text));
      expect(spelled.length === 0, `${moment}: ${spelled.map(({ where }) => where).slice(0, 5)}`).toBe(isErased);
    }
    const last = await erasing(installation, 'ada.lindqvist', '--yes');
    expect(last).toMatchObject({ code: 0 });
    const again = await erasing(installation, 'ada.lindqvist', '--yes');
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('was erased before') });
  }, 600_000);

  it('leaves no name, every record at its place and time under its id, and every number', async () => {
    for (const { where, text } of await keptTexts(installation)) expect(SPELLED.test(text), where).toBe(false);
    const now = await linesOf(installation);
    const added = now.filter(({ id }) => id.startsWith('person.erased'));
    expect(added).toHaveLength(1);
    expect(now.filter((line) => !added.includes(line))).toEqual(lines);
    expect(await serving(installation, NOW, ({ app }) => answersOf(app, questions))).toEqual(numbers);
    const events = (await valuesOf(installation, 'headway.events')).map((value) => JSON.parse(value));
    expect(new Set(events.filter(({ type }) => type === 'portal.action').map(({ data }) => data.principal)).size).toBe(
      5,
    );
    expect(events.at(-1)).toMatchObject({
      type: 'person.erased',
      source: 'headway',
      data: { events: expect.any(Number) },
    });
  }, 240_000);

  it('reads deliveries again to the same facts', async () => {
    const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
    const before = new Set(lines.map(({ id }) => id));
    const tally = await replayDeliveries({ log }, {}, () => undefined);
    await log.close();
    expect(tally).toMatchObject({ deliveries: 2 * DAYS, events: 3 * DAYS, rejected: 0 });
    const ids = (await linesOf(installation)).map(({ id }) => id).filter((id) => !id.startsWith('person.erased'));
    expect(new Set(ids)).toEqual(before);
  }, 120_000);

  it('knows the names when they come again', async () => {
    const deliveries = [...weeks()].slice(0, 20);
    await serving(installation, NOW, async ({ app }) => {
      for (const { source, headers, body } of deliveries) {
        const url = source === 'canonical' ? '/v1/events' : `/hooks/${source}`;
        expect((await app.inject({ method: 'POST', url, headers: { ...headers }, body })).statusCode).toBe(202);
      }
      // As the file says it that somebody had restored.
      const data = { principal: 'Ada Lindqvist', action: 'create-repository' };
      const { body, headers } = canonical(1, 'portal.action', 'new', data);
      await app.inject({ method: 'POST', url: '/v1/events', headers: { ...headers }, body });
    });
    writeFileSync(join(workspaceDir, 'people.yaml'), people(true));
    await serving(installation, NOW, async ({ app }) => {
      expect(await answersOf(app, questions)).toEqual(numbers);
    });
    for (const { where, text } of await keptTexts(installation)) expect(SPELLED.test(text), where).toBe(false);
    const ids = new Set((await linesOf(installation)).map(({ id }) => id));
    const known = new Set(lines.map(({ id }) => id));
    expect([...ids].filter((id) => !known.has(id)).map((id) => id.split(' ')[0])).toEqual(
      expect.arrayContaining(['person.erased', 'portal.action']),
    );
    expect([...ids].filter((id) => id.startsWith('portal.action')).length).toBe(DAYS + 1);
    for (const value of (await valuesOf(installation, 'headway.deliveries')).slice(-21))
      expect(decodeDelivery(Buffer.from(value))?.sealed).toBeUndefined();
    expect(readFileSync(join(dataDir, 'erasures.json'), 'utf8')).not.toMatch(SPELLED);
  }, 240_000);
});
