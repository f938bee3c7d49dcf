import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseServer } from '../support/clickhouse.ts';
import { type KafkaBroker, skipsKafka } from '../support/kafka.ts';
import {
  action,
  listPeople,
  mentionsOf,
  PEOPLE,
  recordsOf,
  startOrganisation,
  stepping,
  topicsOf,
  withSettings,
} from './kafka-organisation.ts';
import { answersOf, type Installation, serving } from './organisation.ts';

const NOW = '2026-03-20T12:00:00.000Z';
const ADA = PEOPLE[0]!;
const questions = ['2026-03-08', '2026-03-20'].map(
  (day) => `/v1/metrics/adoption.mau?from=2026-03-01&to=2026-03-19&as_of=${day}T00:00:00.000Z`,
);

describe.skipIf(skipsKafka())('a gateway while somebody is erased from Kafka', () => {
  let kafka: KafkaBroker;
  let clickhouse: ClickHouseServer;
  let installation: Installation;
  let gateway: Installation;
  let numbers: Map<string, string>;
  /** Event ids of what was sent, in order. */
  const ids = new Set<string>();

  beforeAll(async () => {
    ({ kafka, clickhouse, installation } = await startOrganisation());
    numbers = await answers();
    gateway = withSettings(installation, 'gateway', {});
    listPeople(installation, PEOPLE);
    for (const id of (await actions()).keys()) ids.add(id);
  }, 300_000);

  afterAll(async () => {
    await kafka?.stop();
    await clickhouse?.stop();
  });

  const answers = (): Promise<Map<string, string>> =>
    serving(installation, NOW, ({ app }) => answersOf(app, questions));
  const send = async (app: FastifyInstance, n: number): Promise<void> => {
    const { headers, body } = action(n, ADA);
    const answer = await app.inject({ method: 'POST', url: '/v1/events', headers, body });
    expect(answer.statusCode, answer.body).toBe(202);
  };
  /** Who did what, by the event's id. */
  const actions = async (): Promise<Map<string, string>> => {
    const records = [...(await recordsOf(kafka))].filter(([place]) => place.startsWith('headway.events'));
    const events = records.flatMap(([, all]) => all).map(({ value }) => JSON.parse(new TextDecoder().decode(value)));
    return new Map(events.filter(({ type }) => type === 'portal.action').map(({ id, data }) => [id, data.principal]));
  };
  const spooled = async (app: FastifyInstance): Promise<number> => {
    const { body } = await app.inject({ method: 'GET', url: '/metrics' });
    return Number(/^headway_spool\w* (\d+)$/m.exec(body)?.[1]);
  };
  const untilForwarded = async (app: FastifyInstance): Promise<void> => {
    while ((await spooled(app)) !== 0) await new Promise((resolve) => setTimeout(resolve, 200));
  };

  it('acknowledges all along, and forwards what it took under the same pseudonyms', async () => {
    await serving(gateway, NOW, async ({ app }) => {
      await send(app, 3);
      const erasing = stepping(installation, ADA);
      await erasing.until('fenced');
      await send(app, 10);
      await erasing.until('completed');
      await send(app, 17);
      expect(await spooled(app)).toBe(2);
      await erasing.until('marked');
      await send(app, 24);
      await erasing.until('removed');
      await send(app, 31);
      expect(await erasing.finish()).toContain('Erased from');
      await send(app, 38);
      await untilForwarded(app);
    });
    const done = await actions();
    expect(done.size).toBe(ids.size + 6);
    // Two spellings of each person, as before.
    expect(new Set(done.values()).size).toBe(2 * PEOPLE.length);
    expect(await mentionsOf(kafka, gateway, ADA)).toEqual([]);
    expect(await answers()).toEqual(numbers);
    expect(await topicsOf(kafka)).toEqual(['headway.deliveries.2', 'headway.erasures', 'headway.events.2']);
  }, 240_000);

  it('knows the names after a start without Kafka, and a fact that is told again', async () => {
    const before = await actions();
    await kafka.kill();
    await serving(gateway, NOW, async ({ app }) => {
      await send(app, 0);
      await send(app, 3.5);
      expect(await spooled(app)).toBe(2);
      await kafka.start();
      await untilForwarded(app);
      await send(app, 10.5);
      await send(app, 1);
    });
    const done = await actions();
    expect(done.size).toBe(before.size + 2);
    expect(new Set(done.values()).size).toBe(2 * PEOPLE.length);
    expect(await mentionsOf(kafka, gateway, ADA)).toEqual([]);
  }, 240_000);

  it('is held to by the workspace too, should somebody restore its file', async () => {
    listPeople(installation);
    expect(await answers()).toEqual(numbers);
    expect(await mentionsOf(kafka, gateway, ADA)).toEqual([]);
  }, 120_000);
});
