import type { FastifyBaseLogger } from 'fastify';
import type { Store } from '../ingest/ports.ts';
import type { Atoms } from '../queries/atoms/atoms.ts';
import type { KafkaLog } from './log/kafka-log.ts';
import { generationOf, renewStore } from './store-generation.ts';

export interface RenewalParts {
  readonly kafka: KafkaLog;
  readonly store: Store;
  readonly atoms: Atoms;
  readonly logger: FastifyBaseLogger;
}

/** What a follower does about a store that was made of an older generation of the log. */
export interface Renewal {
  /** The generation of the log that holds. */
  readonly generation: number;
  /** True as long as nothing that the store has may be read or folded, since it is of an older log. */
  isBehind(): boolean;
  /** Sees to it that the store is of the log that is followed, before anything is written to it. */
  begin(partitions: readonly number[]): Promise<void>;
}

/**
 * Holds a store to the generation of the log that it is followed by. Rejects while an erasure is under way: what is written
 * then would be of the old log. Of many followers the one that has partition 0 empties the store, the others wait for it.
 */
export async function renewal({ kafka, store, atoms, logger }: RenewalParts): Promise<Renewal> {
  const settled = async () => {
    const generation = await kafka.settled();
    if (generation === null) throw new Error('an erasure is under way: it is followed again once that is done');
    return generation.number;
  };
  const generation = await settled();
  let isBehind = (await generationOf(store)) < generation;
  return {
    generation,
    isBehind: () => isBehind,
    async begin(partitions) {
      if ((await settled()) !== generation)
        throw new Error('the log was written anew: it is followed from its beginning');
      if ((await generationOf(store)) >= generation) {
        if (isBehind) throw new Error('the store was emptied by another worker: it is looked at again');
        return;
      }
      if (!partitions.includes(0)) throw new Error('the store is of an older log, which another worker empties first');
      await renewStore({ store, atoms }, generation);
      isBehind = false;
      logger.warn({ generation }, 'the store was of an older log: it was emptied and is made anew');
    },
  };
}
