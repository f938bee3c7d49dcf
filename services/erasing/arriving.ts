import { type Erasures, erasedNames } from '../../ingest/erase/known.ts';
import type { Replacing } from '../../ingest/erase/replace.ts';
import type { KafkaLog } from '../log/kafka-log.ts';
import { erasedBefore } from './folder.ts';

/**
 * How to take names that were erased out of what arrives; null if none were. Where the log is in Kafka it tells them, and
 * another process may erase somebody at any time: so it is asked anew for everything that arrives.
 */
export function namesErased(dataDir: string, kafka: KafkaLog | null): () => Replacing | null {
  if (kafka === null) {
    const erased = erasedBefore(dataDir);
    return () => erased;
  }
  let last: { known: Erasures | null; erased: Replacing | null } = { known: null, erased: null };
  return () => {
    const { known } = kafka.generation();
    if (known !== last.known)
      last = {
        known,
        erased: known && { names: erasedNames(known), secret: Buffer.from(known.secret, 'base64') },
      };
    return last.erased;
  };
}
