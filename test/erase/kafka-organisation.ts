import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { LogRecord } from '../../ingest/ports.ts';
import { decodeDelivery } from '../../ingest/record.ts';
import { whereStore } from '../../services/backbone.ts';
import { systemClock } from '../../services/clock.ts';
import { type Role, readConfig } from '../../services/config.ts';
import type { DemoDelivery } from '../../services/demo/year/simulation.ts';
import type { Step } from '../../services/erasing/distributed.ts';
import { openKafkaLog } from '../../services/log/kafka-log.ts';
import { changeSettings, createTopics, TOPICS } from '../../services/log/kafka-topics.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { partitionOf } from '../../services/log/partition.ts';
import { openStore } from '../../services/store.ts';
import { temporaryFolder } from '../api/start.ts';
import { root } from '../house/files.ts';
import { type ClickHouseServer, startClickHouse } from '../support/clickhouse.ts';
import { type KafkaBroker, startKafka } from '../support/kafka.ts';
import { fill, type Installation, newInstallation, serving } from './organisation.ts';

export const quiet = { debug: () => {}, info: () => {}, warn: () => {} };
export const PEOPLE = ['ada.lindqvist', 'bo.ekman', 'carla.diaz', 'dan.okoro', 'eva.novak'];
export const DAYS = 40;

/** How a person is spelled: `ada.lindqvist`, `ada-lindqvist`, `Ada Lindqvist`. */
export const spelled = (person: string): RegExp => new RegExp(person.replace('.', '[-._ +]'), 'i');
const login = (person: string): string => person.replace('.', '-');
const full = (person: string): string =>
  person.replace(/(^|\.)([a-z])/g, (_, dot: string, letter: string) => (dot && ' ') + letter.toUpperCase());

/** Writes the list of people, without some. */
export function listPeople({ workspaceDir }: Installation, without: readonly string[] = []): void {
  const listed = PEOPLE.filter((person) => !without.includes(person));
  const lines = listed.map(
    (person) => `  - { person: ${person}, identities: [${login(person)}, ${full(person)}, ${login(person)}-x] }\n`,
  );
  writeFileSync(join(workspaceDir, 'people.yaml'), lines.length === 0 ? '' : `people:\n${lines.join('')}`);
}

const at = (hours: number): string => new Date(Date.parse('2026-03-01T08:00:00Z') + hours * 3_600_000).toISOString();

/** What somebody did on the platform. */
export function action(n: number, person: string): DemoDelivery {
  const principal = n % 3 === 0 ? full(person) : login(person);
  const data = { principal, action: 'create-repository', team: 'search' };
  const event = { id: `${login(person)}/${n}`, type: 'portal.action', source: 'portal', occurred_at: at(n * 8), data };
  return {
    at: at(n * 8),
    source: 'canonical',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  };
}

function* weeks(): Generator<DemoDelivery> {
  for (let n = 0; n < DAYS; n += 1) for (const person of PEOPLE) if (n % 7 !== 3) yield action(n, person);
}

/** A broker, and ClickHouse's engine behind HTTP, with an installation whose log and store are there. */
export async function startOrganisation(): Promise<{
  kafka: KafkaBroker;
  clickhouse: ClickHouseServer;
  installation: Installation;
}> {
  const kafka = await startKafka();
  const embedded = await installationOn(kafka, temporaryFolder());
  // Not before: the embedded engine takes one folder per process.
  const clickhouse = await startClickHouse();
  return { kafka, clickhouse, installation: withSettings(embedded, 'all', { HEADWAY_CLICKHOUSE_URL: clickhouse.url }) };
}

/** An installation with its log in Kafka, whose records bear the times of what they tell, and with its store embedded. */
export async function installationOn(kafka: KafkaBroker, dir: string): Promise<Installation> {
  const installation = newInstallation(dir);
  listPeople(installation);
  await serving(installation, '2026-02-28T00:00:00.000Z', async () => undefined);
  await fill(installation, weeks());
  return moveTo(kafka, installation);
}

/** Moves the log of an installation to a Kafka that is empty; its store is made anew from there. */
export async function moveTo(kafka: KafkaBroker, installation: Installation): Promise<Installation> {
  const { dataDir } = installation;
  await withAdmin(kafka, async (admin, client) => {
    const settings = new Map([['message.timestamp.type', 'CreateTime']]);
    await createTopics(
      admin,
      TOPICS.map((name) => ({ name, partitions: 3, settings })),
    );
    const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
    const producer = client.producer();
    await producer.connect();
    for (const topic of TOPICS)
      for await (const records of log.readAll(topic))
        await producer.send({
          topic,
          acks: -1,
          messages: records.map(({ key, value, recordedAt }) => ({
            key,
            value: Buffer.from(value),
            timestamp: `${Date.parse(recordedAt)}`,
            partition: partitionOf(key, 3),
          })),
        });
    await producer.disconnect();
    await log.close();
    await changeSettings(admin, TOPICS, new Map([['message.timestamp.type', 'LogAppendTime']]));
  });
  for (const part of ['log', 'store']) rmSync(join(dataDir, part), { recursive: true });
  return withSettings(installation, 'all', { HEADWAY_KAFKA_BROKERS: kafka.brokers.join() });
}

/** The same installation with further settings, served in a role. */
export function withSettings(installation: Installation, role: Role, settings: Record<string, string>): Installation {
  const env = { ...installation.env, ...settings };
  const read = readConfig({ role, sources: [], env });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { ...installation, env, config: read.config };
}

export async function withAdmin<T>(kafka: KafkaBroker, use: (admin: Admin, client: Kafka) => Promise<T>): Promise<T> {
  const client = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    return await use(admin, client);
  } finally {
    await admin.disconnect();
  }
}

/** Our topics, by name. */
export async function topicsOf(kafka: KafkaBroker): Promise<string[]> {
  const listed = await withAdmin(kafka, (admin) => admin.listTopics());
  return listed.filter((name) => name.startsWith('headway.')).sort();
}

/** Resolves once nobody holds the log: who was killed is a member of its group for a while. */
export async function untilLetGo(kafka: KafkaBroker): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (;;) {
      const { groups } = await admin.describeGroups(['headway.erasing', 'headway-events']);
      if (groups.every(({ members }) => members.length === 0)) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  });
}

/** Every record of the log as it now is, in the order of its partitions. */
export async function recordsOf(kafka: KafkaBroker): Promise<Map<string, LogRecord[]>> {
  const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'test', logger: quiet });
  const records = new Map<string, LogRecord[]>();
  for (const topic of TOPICS)
    for await (const batch of log.readAll(topic))
      for (const record of batch) {
        const place = `${topic}/${record.partition}`;
        records.set(place, [...(records.get(place) ?? []), record]);
      }
  await log.close();
  return new Map([...records].sort());
}

/** Of every record what an erasure must not change, in order: place but for offsets, time, and id. */
export async function linesOf(kafka: KafkaBroker): Promise<string[]> {
  return [...(await recordsOf(kafka))].flatMap(([place, records]) =>
    records.map(({ recordedAt, value }) => {
      const { id, type = '' } = JSON.parse(new TextDecoder().decode(value)) as { id: string; type?: string };
      return `${place} ${recordedAt} ${type} ${id}`;
    }),
  );
}

/** Every text that is kept: the brokers' files and the gateway's, the bodies of deliveries, and the store's rows. */
export async function keptTexts(kafka: KafkaBroker, installation: Installation): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const dir of [kafka.dataDir, installation.dataDir])
    for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const text = path.includes('-delete/') ? null : textOf(join(dir, path));
      if (text !== null) kept.set(path, `${path}\n${text}`);
    }
  for (const [place, records] of await recordsOf(kafka))
    for (const { offset, value } of records) {
      const delivery = decodeDelivery(value)?.delivery;
      if (delivery) kept.set(`${place} ${offset}`, Buffer.from(delivery.body).toString());
    }
  const store = await openStore(whereStore(installation.config));
  const tables = await store.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  );
  for (const { name } of tables)
    kept.set(`table ${name}`, JSON.stringify(await store.query(`SELECT * FROM \`${name}\``)));
  await store.close();
  return kept;
}

/** What a file holds; null of a folder, and of a file that is there no longer: the broker goes on renaming its own. */
function textOf(file: string): string | null {
  try {
    return statSync(file).isFile() ? readFileSync(file, 'latin1') : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Where somebody is still named. */
export async function mentionsOf(kafka: KafkaBroker, installation: Installation, person: string): Promise<string[]> {
  return [...(await keptTexts(kafka, installation))].filter(([, text]) => spelled(person).test(text)).map(([at]) => at);
}

/** An erasure that waits after each step. */
export interface Stepping {
  /** Goes on until after a step. Throws with what was said if it ends before. */
  until(step: Step): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Goes on to the end; resolves with what was said. */
  finish(): Promise<string>;
}

/** Begins to erase somebody, in a process of its own. */
export function stepping(installation: Installation, person: string): Stepping {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'step-by-step.ts'), person], {
    cwd: root,
    env: { ...process.env, ...installation.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  let reached: (line: string) => void = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    said += `${line}\n`;
    reached(line);
  });
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close');
  const goOn = (last: string) =>
    new Promise<void>((resolve, reject) => {
      const step = (line: string) => {
        if (line === `after ${last}`) resolve();
        else if (line.startsWith('after ')) child.stdin.write('\n');
      };
      reached = step;
      void ended.then(() => reject(new Error(`it ended: ${said}`)));
      const latest = said
        .trimEnd()
        .split('\n')
        .findLast((line) => line.startsWith('after '));
      if (latest !== undefined) step(latest);
    });
  return {
    until: goOn,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async finish() {
      goOn('the end').catch(() => undefined);
      await ended;
      return said;
    },
  };
}
