import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock, EventLog, Store } from '../ingest/ports.ts';
import type { Config } from './config.ts';
import { erasureFolder, finishErasure } from './erasing/folder.ts';
import type { KafkaLog } from './log/kafka-log.ts';
import { openLmdbLog } from './log/lmdb-log.ts';
import { openSpool, type Spool } from './log/spool.ts';
import type { Shutdown } from './shutdown.ts';
import { openStore, type StorePlace } from './store.ts';

/** The resources that a process stands on. */
export interface Backbone {
  readonly log: EventLog;
  /** The same log, if it is in Kafka. */
  readonly kafka: KafkaLog | null;
  /** Only where the log is elsewhere and this process takes deliveries. */
  readonly spool: Spool | null;
  /** Absent in a gateway. */
  readonly store: Store | null;
}

/** Opens what the role needs, in order; each is remembered so that it is closed in reverse. */
export async function openBackbone(
  config: Config,
  deps: { clock: Clock; logger: FastifyBaseLogger; shutdown: Shutdown },
): Promise<Backbone> {
  const { shutdown } = deps;
  if (config.kafkaBrokers === null) await settleErasure(config, deps);
  const kafka = config.kafkaBrokers === null ? null : await openKafka(config, config.kafkaBrokers, deps.logger);
  const log = kafka ?? (await openLmdbLog({ path: join(config.dataDir, 'log'), clock: deps.clock }));
  shutdown.add('log', () => log.close());
  const takesDeliveries = config.role === 'all' || config.role === 'gateway';
  const spool =
    config.kafkaBrokers !== null && takesDeliveries ? await openSpool({ path: join(config.dataDir, 'spool') }) : null;
  if (spool) shutdown.add('spool', () => spool.close());
  const store = config.role === 'gateway' ? null : await openStore(whereStore(config));
  if (store) shutdown.add('store', () => store.close());
  return { log, kafka, spool, store };
}

/** What a killed `headway erase` left is finished, or was never begun, before anybody reads. */
async function settleErasure(config: Config, deps: { clock: Clock; logger: FastifyBaseLogger }): Promise<void> {
  if (!existsSync(erasureFolder(config.dataDir).folder)) return;
  const { emptyStore } = await import('./erasing/empty-store.ts');
  const found = await finishErasure(config.dataDir, deps.clock, () => emptyStore(config));
  if (found === 'finished') deps.logger.warn('finished an erasure that had been interrupted; the store is made anew');
  if (found === 'forgotten')
    deps.logger.warn('an erasure was interrupted before it had changed anything: give the command again');
}

async function openKafka(config: Config, brokers: readonly string[], logger: FastifyBaseLogger): Promise<KafkaLog> {
  // Loaded only where it is used: an embedded server starts without a Kafka client.
  const { openKafkaLog } = await import('./log/kafka-log.ts');
  return openKafkaLog({ brokers, clientId: `headway-${config.role}`, logger });
}

/** Where the store of a configuration is. */
export function whereStore({ clickhouseUrl, clickhouseCluster, dataDir }: Config): StorePlace {
  return clickhouseUrl === null ? { path: join(dataDir, 'store') } : { url: clickhouseUrl, cluster: clickhouseCluster };
}
