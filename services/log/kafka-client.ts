import { type Consumer, Kafka, type KafkaConfig, type LogEntry, logLevel, type Producer } from 'kafkajs';
import type { LogLogger } from './log-logger.ts';

/** Where Kafka is, and whose topics there are meant. */
export interface KafkaPlace {
  /** `host:port` of one or more brokers to ask for the rest. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: LogLogger;
  /** Before the names of topics and groups, for several installations on one cluster (default none). */
  readonly topicPrefix?: string;
  readonly ssl?: NonNullable<KafkaConfig['ssl']>;
  readonly sasl?: NonNullable<KafkaConfig['sasl']>;
}

export const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 };

/** How long after its last sign of life a member of a group is taken for dead, in milliseconds. */
export const SESSION_MS = 10_000;

/** A client of the brokers; nothing is connected yet. */
export function kafkaClient({ brokers, clientId, logger, ssl, sasl }: KafkaPlace): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 2000,
    requestTimeout: 10_000,
    retry: RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => relay(logger, entry),
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });
}

/** A producer that puts every record into the partition that it names. */
export function newProducer(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: RETRY,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
}

/** A member to be of a group. `eager`: for one who waits for the answer. */
export function newConsumer(kafka: Kafka, groupId: string, eager: boolean): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: 60_000,
    heartbeatInterval: 1000,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: eager ? 100 : 500,
    maxBytesPerPartition: 8 * 1024 * 1024,
    maxBytes: 32 * 1024 * 1024,
    // Whoever loses its place joins again through the loop of its caller, which knows when to stop.
    retry: { ...RETRY, restartOnFailure: async () => false },
  });
}

/** The client's own words. It calls an error what it then recovers from, and warns of what is meant. */
function relay(logger: LogLogger, { namespace, level, log }: LogEntry): void {
  const fields = {
    client: 'kafkajs',
    part: namespace,
    ...(typeof log.error === 'string' ? { problem: log.error } : {}),
  };
  if (level <= logLevel.ERROR) logger.warn(fields, log.message);
  else logger.debug(fields, log.message);
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
