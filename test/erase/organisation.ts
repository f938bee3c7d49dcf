import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { makeRecentIds, type ReceiveDeps, receive, receiveCanonical } from '../../ingest/receive.ts';
import { decodeDelivery } from '../../ingest/record.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { systemClock } from '../../services/clock.ts';
import { type RunningService, startService } from '../../services/compose.ts';
import { type Config, readConfig } from '../../services/config.ts';
import type { DemoDelivery, DemoSource } from '../../services/demo/year/simulation.ts';
import { newDeliveryId } from '../../services/identity.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { createLogger } from '../../services/logger.ts';
import { openStore } from '../../services/store.ts';
import { root } from '../house/files.ts';

/** The folders of one installation. */
export interface Installation {
  readonly dataDir: string;
  readonly workspaceDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly config: Config;
}

/** An empty installation in a folder, with a copy of the example workspace. */
export function installationIn(dir: string): Installation {
  cpSync(join(root, 'workspace'), join(dir, 'workspace'), { recursive: true });
  return newInstallation(dir);
}

/** An empty installation in a folder. */
export function newInstallation(dir: string): Installation {
  const dataDir = join(dir, 'data');
  const workspaceDir = join(dir, 'workspace');
  mkdirSync(workspaceDir, { recursive: true });
  const env = {
    HEADWAY_PORT: '0',
    HEADWAY_DATA_DIR: dataDir,
    HEADWAY_WORKSPACE: workspaceDir,
    HEADWAY_LOG_LEVEL: 'error',
  };
  const read = readConfig({ role: 'all', sources: [], env });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { dataDir, workspaceDir, env, config: read.config };
}

/** Runs the service of an installation as of an instant, for as long as `use` takes. */
export async function serving<T>(
  { config }: Installation,
  now: string,
  use: (service: RunningService) => Promise<T>,
): Promise<T> {
  const clock = { now: () => now };
  const service = await startService(config, { clock, logger: createLogger('error') });
  try {
    await service.ready;
    return await use(service);
  } finally {
    await service.stop();
  }
}

const TOGETHER = 256;
const BATCH_MS = 3 * 3_600_000;

/** Puts deliveries into the log of an installation as they came, each recorded at about its time. */
export async function fill({ dataDir }: Installation, deliveries: Iterable<DemoDelivery>): Promise<void> {
  let now = '';
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: { now: () => now } });
  const deps: ReceiveDeps = {
    log,
    clock: { now: () => now },
    newDeliveryId,
    secretsOf: () => [],
    allowUnsigned: true,
    recent: makeRecentIds(1000),
  };
  const send = async (batch: readonly DemoDelivery[]): Promise<void> => {
    now = batch.at(-1)?.at ?? now;
    const outcomes = await Promise.all(batch.map((delivery) => take(deps, delivery)));
    const refused = outcomes.find((outcome) => outcome !== 'accepted' && outcome !== 'answered');
    if (refused !== undefined) throw new Error(`a delivery was ${refused}`);
  };
  let batch: DemoDelivery[] = [];
  for (const delivery of deliveries) {
    const first = batch[0];
    if (first && (batch.length === TOGETHER || Date.parse(delivery.at) - Date.parse(first.at) > BATCH_MS)) {
      await send(batch);
      batch = [];
    }
    batch.push(delivery);
  }
  await send(batch);
  await log.close();
}

async function take(deps: ReceiveDeps, { source, headers, body }: DemoDelivery): Promise<string> {
  const request = { headers, body: Buffer.from(body) };
  if (source === ('canonical' satisfies DemoSource)) return (await receiveCanonical(deps, request)).outcome;
  return (await receive(deps, { source, ...request })).outcome;
}

/** Pseudonyms stand for names: equal up to these is equal. */
export const anonymous = (text: string): string =>
  text.replace(/erased-[a-z]{16}/gi, '*').replace(/ada[-._ ]lindqvist(@kestrel\.example)?/gi, '*');

/** The deliveries before an instant: six weeks of the year are enough, and soon asked about. */
export function* until(end: string, deliveries: Iterable<DemoDelivery>): Generator<DemoDelivery> {
  for (const delivery of deliveries) {
    if (delivery.at >= end) return;
    yield delivery;
  }
}

/** Takes every line that holds one of the texts out of a file of the workspace. */
export function withoutLines({ workspaceDir }: Installation, file: string, text: string): void {
  const path = join(workspaceDir, file);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter((line) => !line.includes(text)).join('\n'));
}

/** What is asked of every metric of the registry, by its address. */
export function questionsOf(from: string, to: string, past: string): string[] {
  const window = `from=${from}&to=${to}`;
  return metrics.flatMap(({ id, dimensions, neverListed, survey, suppressBelow }) => {
    const address = `/v1/metrics/${id}?${window}`;
    return [
      `${address}&grain=week`,
      `${address}&as_of=${past}${dimensions[0] === undefined ? '' : `&group_by=${dimensions[0]}`}`,
      ...dimensions.slice(-1).map((dimension) => `${address}&group_by=${dimension}`),
      ...(neverListed === true || survey !== undefined || suppressBelow !== undefined
        ? []
        : [`/v1/metrics/${id}/atoms?${window}&limit=300`]),
    ];
  });
}

/** The answers to questions, by address, but for how long ago a busy machine last looked at its log. A refusal is an answer too. */
export async function answersOf(app: FastifyInstance, questions: readonly string[]): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const url of questions) {
    const { statusCode, body } = await app.inject({ method: 'GET', url });
    if (statusCode >= 500) throw new Error(`${url} answered ${statusCode}: ${body.slice(0, 500)}`);
    const { stale: _, stale_since: __, ...answer } = JSON.parse(body) as Record<string, unknown>;
    answers.set(url, `${statusCode} ${JSON.stringify(answer)}`);
  }
  return answers;
}

/**
 * Every text that an installation keeps: the bytes of its files as they are, its deliveries' bodies, which stand there in
 * base64, and the store's rows, which stand there compressed.
 */
export async function keptTexts({ dataDir }: Installation): Promise<{ where: string; text: string }[]> {
  const kept: { where: string; text: string }[] = [];
  for (const path of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    const file = join(dataDir, path);
    if (statSync(file).isFile()) kept.push({ where: path, text: `${path}\n${readFileSync(file, 'latin1')}` });
  }
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
  for await (const records of log.readAll('headway.deliveries'))
    for (const { key, value } of records) {
      const { delivery } = decodeDelivery(value)!;
      kept.push({ where: key, text: `${JSON.stringify(delivery.headers)}\n${Buffer.from(delivery.body).toString()}` });
    }
  await log.close();
  const store = await openStore({ path: join(dataDir, 'store') });
  const tables = await store.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  );
  for (const { name } of tables)
    kept.push({ where: `table ${name}`, text: JSON.stringify(await store.query(`SELECT * FROM \`${name}\``)) });
  await store.close();
  return kept;
}
