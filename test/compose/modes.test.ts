import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openSender } from '../../services/demo/send.ts';
import { type DemoSecrets, makeDemoSecrets } from '../../services/demo/sign.ts';
import type { DemoDelivery } from '../../services/demo/year/simulation.ts';
import { syntheticYear } from '../../services/demo/year/year.ts';
import { createToken } from '../../services/tokens.ts';
import { yearOf } from '../demo/demo-year.ts';
import { newRandom } from '../histories/random.ts';
import { type ClickHouseServer, startClickHouse } from '../support/clickhouse.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';
import { ROOT } from './file.ts';
import { type RoleProcess, startComposed, startProcess } from './processes.ts';

/** Orders of arrival; another number tries others. */
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 20261012);
const PATIENCE_MS = 120_000;
/** Three weeks with a survey, a service that changes hands, a tool of one's own, and both GitHub Actions and Argo CD. */
const YEAR_END = '2026-10-12T00:00:00.000Z';
const FROM = '2026-03-08';
const TO = '2026-03-29';
/** One of calendars.yaml of the example workspace. */
const CALENDAR = 'berlin-office';
const STORED = ['headway_log_lag_records', 'headway_behind'];
const TEAMS: ReadonlySet<string | undefined> = new Set(['checkout', 'pricing', 'data']);

/** One set-up of the service: where deliveries go, where questions go, and every process whose gauges tell how far it is. */
interface Mode {
  readonly name: string;
  readonly intake: RoleProcess;
  readonly answers: RoleProcess;
  readonly observed: readonly RoleProcess[];
  /** Those that must be there, and be 0 when everything is counted. */
  readonly gauges: readonly string[];
}

interface ListedMetric {
  readonly id: string;
  readonly dimensions: readonly string[];
  readonly options: Readonly<
    Record<string, { type: string; default: unknown; values?: readonly string[]; min?: number }>
  >;
}

describe.skipIf(skipsKafka())('embedded, and on Kafka with the store over HTTP', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headway-modes-'));
  const { token, record } = createToken('everything', ['ingest', 'read', 'admin']);
  const secrets: DemoSecrets = { ...makeDemoSecrets(), token };
  const running: RoleProcess[] = [];
  let kafka: KafkaBroker;
  let clickhouse: ClickHouseServer;
  let modes: readonly Mode[];
  let deliveries: readonly DemoDelivery[];

  beforeAll(async () => {
    writeFileSync(join(directory, 'tokens.yaml'), stringify({ tokens: [record] }));
    [kafka, clickhouse, deliveries] = await Promise.all([startKafka(), startClickHouse(), threeWeeks()]);
    const outside = {
      HEADWAY_TOKEN: token,
      HEADWAY_SECRET_GITHUB: secrets.github,
      HEADWAY_SECRET_ARGOCD: secrets.argocd,
      HEADWAY_SECRET_PAGERDUTY: secrets.pagerduty,
    };
    const environment = (name: string) => ({
      HEADWAY_LOG_LEVEL: 'info',
      HEADWAY_TOKENS_FILE: join(directory, 'tokens.yaml'),
      HEADWAY_WORKSPACE: join(ROOT, 'workspace'),
      HEADWAY_DATA_DIR: join(directory, name),
    });
    const started = async (starting: Promise<RoleProcess>): Promise<RoleProcess> => {
      const process = await starting;
      running.push(process);
      return process;
    };
    const { HEADWAY_TOKEN: _, ...hooks } = outside;
    const composed = (role: string) =>
      started(
        startComposed(role, outside, {
          ...environment(role),
          // As secrets.env gives them.
          ...hooks,
          HEADWAY_KAFKA_BROKERS: kafka.brokers.join(','),
          HEADWAY_CLICKHOUSE_URL: clickhouse.url,
        }),
      );
    const all = await started(startProcess('all', ['serve'], { ...environment('all'), ...hooks }));
    const gateway = await composed('gateway');
    const worker = await composed('worker');
    const api = await composed('api');
    modes = [
      { name: 'embedded', intake: all, answers: all, observed: [all], gauges: STORED },
      {
        name: 'distributed',
        intake: gateway,
        answers: api,
        observed: [gateway, worker],
        gauges: [...STORED, 'headway_spool_records'],
      },
    ];
    for (const { url } of running) {
      await until(`${url} is ready`, async () => {
        const answer = await fetch(`${url}/readyz`);
        return answer.ok ? '' : await answer.text();
      });
    }
  }, 300_000);

  afterAll(async () => {
    for (const role of running.reverse()) await role.stop();
    await kafka?.stop();
    await clickhouse?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  /** Sends every delivery twice, in an order of the mode's own, and waits until everything is counted. */
  async function tell({ name, intake, answers, observed, gauges }: Mode, seed: number): Promise<void> {
    const started = performance.now();
    const sender = openSender(intake.url, secrets, 1);
    for (const delivery of newRandom(seed).shuffled([...deliveries, ...deliveries])) {
      const { status, body } = await sender.send(delivery);
      if (status !== 202) throw new Error(`${name} answered ${status} to ${delivery.source}: ${body}`);
    }
    sender.close();
    const sent = performance.now();
    // Once to see it, once more because taking a record and marking it as not fresh are two steps.
    for (let calm = 0; calm < 2; calm += 1) {
      await until(`${name} has counted everything`, async () => {
        const texts = await Promise.all(observed.map(({ url }) => ask(`${url}/metrics`)));
        return unsettled(texts.join('\n'), gauges);
      });
    }
    // What was behind while it was told says so for a moment longer.
    await until(`${name} no longer calls its answers stale`, async () =>
      (await ask(`${answers.url}/v1/metrics`)).includes('"stale":true') ? 'stale' : '',
    );
    const [sending, settling] = [sent - started, performance.now() - sent].map(Math.round);
    console.log(`${name}: sent ${2 * deliveries.length} deliveries in ${sending} ms, fresh ${settling} ms later`);
  }

  async function ask(url: string): Promise<string> {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
    return text;
  }

  it('the same deliveries, shuffled and each sent twice, give the same answers to the byte', async () => {
    expect(new Set(deliveries.map(({ source }) => source)).size).toBe(4);
    console.log(`seed ${SEED}: ${deliveries.length} deliveries from ${FROM} to ${TO}`);
    await Promise.all(modes.map((mode, index) => tell(mode, SEED + index)));

    const [embedded, distributed] = modes as [Mode, Mode];
    const listing = await ask(`${embedded.answers.url}/v1/metrics`);
    expect(withoutStale(await ask(`${distributed.answers.url}/v1/metrics`))).toBe(withoutStale(listing));
    const { metrics } = JSON.parse(listing) as { metrics: readonly ListedMetric[] };

    const differing: Record<string, unknown>[] = [];
    const counted = new Set<string>();
    let asked = 0;
    for (const metric of metrics) {
      for (const question of questionsOf(metric)) {
        const path = `/v1/metrics/${metric.id}?${new URLSearchParams(question)}`;
        const texts = await Promise.all([embedded, distributed].map(({ answers }) => ask(answers.url + path)));
        const [left, right] = texts.map(withoutStale).map(withoutAsOf) as [string, string];
        asked += 1;
        if (left !== right) differing.push({ path, embedded: around(left, right), distributed: around(right, left) });
        if (/"n":[1-9]/.test(left)) counted.add(metric.id);
      }
    }
    console.log(`${asked} answers compared, ${differing.length} differ`);
    expect({ seed: SEED, differing }).toEqual({ seed: SEED, differing: [] });
    // Answers that agree on nothing prove nothing: every metric has counted something.
    expect(metrics.map(({ id }) => id).filter((id) => !counted.has(id))).toEqual([]);
  }, 420_000);
});

/** What the tools of three teams of the example workspace send in three weeks. */
async function threeWeeks(): Promise<DemoDelivery[]> {
  const year = await yearOf('modes');
  const definitions = year.definitions.filter(({ type, data }) => {
    if (type === 'team.defined' || type === 'service.defined' || type === 'person.defined') return TEAMS.has(data.team);
    return true;
  });
  const deliveries: DemoDelivery[] = [];
  for (const delivery of syntheticYear({ ...year, end: YEAR_END, definitions })) {
    if (delivery.at >= TO) break;
    if (delivery.at >= FROM) deliveries.push(delivery);
  }
  return deliveries;
}

/** The whole period, by week and team, by day and service, and with each option at each value that is not its default. */
function questionsOf({ dimensions, options }: ListedMetric): Record<string, string>[] {
  const period = { from: FROM, to: TO };
  const groups = (wanted: string): Record<string, string> => (dimensions.includes(wanted) ? { group_by: wanted } : {});
  const varied = Object.entries(options).flatMap(([name, { type, default: usual, values, min }]) => {
    if (type === 'choice') return (values ?? []).filter((value) => value !== usual).map((value) => ({ [name]: value }));
    if (type === 'calendar') return [{ [name]: CALENDAR }];
    return [{ [name]: String(type === 'flag' ? usual !== true : (min ?? 0)) }];
  });
  const { kaplan_meier: _, ...together } = Object.assign({}, ...varied) as Record<string, string>;
  return [
    period,
    { ...period, grain: 'week', ...groups('team') },
    { from: '2026-03-10', to: '2026-03-17', grain: 'day', ...groups('service') },
    ...varied.map((option) => ({ ...period, ...groups('team'), ...option })),
    { ...period, grain: '7d', tz: 'America/New_York', ...together },
  ];
}

/** An answer without the instant at which it was given, of the whole and of each row; not a byte else changes. */
function withoutAsOf(text: string): string {
  return text.replaceAll(/"as_of":"[^"]*",?/g, '');
}

/** Where two texts part, with some of what stands there in the first. */
function around(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  return text.slice(Math.max(0, at - 300), at + 120);
}

/** What the gauges of all processes together say is in the spool, not in the store, or not fresh; empty: nothing is. */
function unsettled(text: string, gauges: readonly string[]): string {
  return gauges
    .flatMap((name) => {
      const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
      return lines.length === 0
        ? [`${name} is absent`]
        : lines.filter(([, value]) => value !== '0').map(([line]) => line);
    })
    .join(', ');
}

/** Waits until nothing is left of what is waited for, and says what is if that takes too long. */
async function until(what: string, left: () => Promise<string>): Promise<void> {
  const started = performance.now();
  for (;;) {
    const still = await left();
    if (still === '') return;
    if (performance.now() - started > PATIENCE_MS) throw new Error(`not in ${PATIENCE_MS} ms: ${what}: ${still}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A mode that was behind a moment ago says so, which is no part of the answer. */
function withoutStale(text: string): string {
  return text.replace(/,"stale":true,"stale_since":"[^"]*"/, '');
}
