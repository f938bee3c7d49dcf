import { randomBytes } from 'node:crypto';
import { type Erasures, noErasures } from '../../ingest/erase/known.ts';
import { type EventLog, LogUnavailable } from '../../ingest/ports.ts';
import { whereStore } from '../backbone.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { eraseDistributed, type Step } from '../erasing/distributed.ts';
import { eraseCheckpoints } from '../erasing/embedded.ts';
import { emptyStore } from '../erasing/empty-store.ts';
import type { Erasing, Tally } from '../erasing/erase.ts';
import { GROUP } from '../following.ts';
import { type KafkaLog, openKafkaLog } from '../log/kafka-log.ts';
import { holdKafkaLog, type Rewrite } from '../log/kafka-rewrite.ts';
import { createLogger } from '../logger.ts';
import { openStore, StoreUnavailable } from '../store.ts';
import { generationOf } from '../store-generation.ts';
import { CommandFailed } from './failure.ts';
import type { ShownWork } from './maintain.ts';

/** What both kinds of log have in common, done by the command. */
export interface KafkaErasure {
  readonly config: Config;
  readonly brokers: readonly string[];
  /** Whether it is to be done, or only said how much it would be. */
  readonly yes: boolean;
  /** Finds the person in the log and, if it is to be done, leaves that to `erase`. */
  readonly find: (
    log: EventLog,
    known: Erasures,
    erase: (erasing: Erasing, shown: ShownWork) => Promise<Tally>,
  ) => Promise<Tally | null>;
  readonly makeStore: () => Promise<void>;
  /** Told after each step. */
  readonly afterStep?: (step: Step) => Promise<void>;
  /** Told that an erasure that had been interrupted is finished. */
  readonly onFinished: () => void;
}

/** Erases somebody from a log in Kafka. Null: nothing was changed. */
export async function eraseInKafka(erasure: KafkaErasure): Promise<Tally | null> {
  const { config, brokers, yes, find, makeStore, afterStep = async () => undefined } = erasure;
  const place = { brokers, clientId: 'headway-erase', logger: createLogger('error') };
  const log = await openKafkaLog(place);
  let rewrite: Rewrite | null = null;
  try {
    // Once the brokers have answered, it is known which generation holds.
    await answering(log.ends('headway.events'));
    if (yes) {
      rewrite = await answering(holdKafkaLog(place));
      if (rewrite === null) throw new CommandFailed(HELD);
      if ((await rewrite.followers(GROUP)) > 0) throw new CommandFailed(WORKERS);
      // From now on nobody else can change which generation holds; until now somebody could.
      await answering(log.settled());
      await finish(log, erasure);
    }
    const held = rewrite;
    const known = log.generation().known ?? noErasures(randomBytes(32));
    return await find(log, known, async (erasing, shown) => {
      if (held === null) throw new Error('the log is not held');
      eraseCheckpoints(config.dataDir, erasing.replacing);
      let isFinal = false;
      const done = await eraseDistributed(log, held, erasing, known, {
        clock: systemClock,
        onProgress: shown.update,
        emptyStore: () => emptyStore(config),
        async makeStore() {
          // It shows how far it is itself.
          shown.end();
          await makeStore();
        },
        async afterStep(step) {
          isFinal ||= step === 'marked';
          await afterStep(step);
        },
      }).catch((error: unknown) => {
        if (isFinal) process.stderr.write(FINAL);
        throw error;
      });
      if (done === 'workers') throw new CommandFailed(WORKERS);
      return done;
    });
  } finally {
    await rewrite?.release();
    await log.close();
  }
}

/**
 * Does what an erasure that was killed after its topics held has left to do: topics go at each connection, the store here.
 * Asks the store in any case: were it away, that would show only when there is no way back.
 */
async function finish(log: KafkaLog, { config, makeStore, onFinished }: KafkaErasure): Promise<void> {
  const store = await openStore(whereStore(config));
  const made = await generationOf(store)
    .catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error;
      throw new CommandFailed(
        'ClickHouse does not answer. HEADWAY_CLICKHOUSE_URL says where it is looked for; nothing was changed.',
      );
    })
    .finally(() => store.close());
  if (made >= log.generation().number) return;
  await emptyStore(config);
  await makeStore();
  onFinished();
}

async function answering<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
    throw new CommandFailed(
      `${error.message}. HEADWAY_KAFKA_BROKERS says where it is looked for; nothing was changed.`,
    );
  }
}

const WORKERS = `Workers still follow the log in Kafka: nothing was changed. Stop the workers and the apis, and start them again
afterwards; gateways may run. A worker that was killed is forgotten after ten seconds.`;

const HELD = `Somebody is being erased already: nothing was changed. Wait for that to end; if it was killed, ten seconds.`;

const FINAL = `The log is without the names. What is left is done by the next start of a worker, or by the command given again.\n`;
