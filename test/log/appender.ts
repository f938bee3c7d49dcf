import { writeSync } from 'node:fs';
import type { Topic } from '../../ingest/ports.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';

// Appends until it is killed, from several "requests" at once, and states each append on stdout once it is acknowledged.
const [path, run] = process.argv.slice(2);
const log = await openLmdbLog({ path: path!, clock: { now: () => new Date().toISOString() }, partitions: 2 });
const topics: readonly Topic[] = ['headway.deliveries', 'headway.events'];

await Promise.all(
  Array.from({ length: 8 }, async (_, request) => {
    for (let count = 0; ; count++) {
      const topic = topics[count % 2]!;
      const key = `${run}-${request}-${count}`;
      await log.append(topic, [
        { key, value: Buffer.from(`${key} a`) },
        { key, value: Buffer.from(`${key} b`.padEnd(200 + ((count * 7919) % 6000))) },
      ]);
      writeSync(1, `${topic} ${key}\n`);
    }
  }),
);
