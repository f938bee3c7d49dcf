import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock, EventLog, Store } from '../ingest/ports.ts';
import type { Config } from './config.ts';
import { openLmdbLog } from './log/lmdb-log.ts';
import { openSpool, type Spool } from './log/spool.ts';
import type { Shutdown } from './shutdown.ts';
import { openStore, type StorePlace } from './store.ts';

/** The resources that a process stands on. */
export interface Backbone {
  readonly log: EventLog;
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
  const log = await openLog(config, deps);
  shutdown.add('log', () => log.close());
  const takesDeliveries = config.role === 'all' || config.role === 'gateway';
  const spool =
    config.kafkaBrokers !== null && takesDeliveries ? await openSpool({ path: join(config.dataDir, 'spool') }) : null;
  if (spool) shutdown.add('spool', () => spool.close());
  const store = config.role === 'gateway' ? null : await openStore(whereStore(config));
  if (store) shutdown.add('store', () => store.close());
  return { log, spool, store };
}

async function openLog(config: Config, deps: { clock: Clock; logger: FastifyBaseLogger }): Promise<EventLog> {
  if (config.kafkaBrokers === null) return openLmdbLog({ path: join(config.dataDir, 'log'), clock: deps.clock });
  // Loaded only where it is used: an embedded server starts without a Kafka client.
  const { openKafkaLog } = await import('./log/kafka-log.ts');
  return openKafkaLog({ brokers: [...config.kafkaBrokers], clientId: `headway-${config.role}`, logger: deps.logger });
}

function whereStore({ clickhouseUrl, clickhouseCluster, dataDir }: Config): StorePlace {
  return clickhouseUrl === null ? { path: join(dataDir, 'store') } : { url: clickhouseUrl, cluster: clickhouseCluster };
}
