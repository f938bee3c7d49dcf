import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EventLog, LogUnavailable } from '../../ingest/ports.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';

// Runs on a small disk of its own: fills it, makes room again, and says on stdout what became of each append.
const disk = process.argv[2]!;
const options = { path: join(disk, 'log'), clock: { now: () => new Date().toISOString() } };
const outcome = {
  acknowledged: [] as string[],
  unavailable: [] as string[],
  other: [] as string[],
  afterRoom: [] as string[],
};

async function append(log: EventLog, name: string, taken: string[]): Promise<void> {
  try {
    const place = [
      { key: name, value: Buffer.alloc(200_000, name) },
      { key: name, value: Buffer.from(name) },
    ];
    await log.append('headway.deliveries', place);
    taken.push(name);
  } catch (error) {
    if (error instanceof LogUnavailable) outcome.unavailable.push(name);
    else outcome.other.push(String(error));
  }
}

const log = await openLmdbLog(options);
for (let count = 0; count < 40; count++) await append(log, `filling-${count}`, outcome.acknowledged);
rmSync(join(disk, 'ballast'));
for (let count = 0; count < 3; count++) await append(log, `room-${count}`, outcome.afterRoom);
await log.close();

const again = await openLmdbLog(options);
const stored: string[] = [];
for await (const batch of again.readAll('headway.deliveries')) stored.push(...batch.map(({ key }) => key));
await again.close();
console.log(JSON.stringify({ ...outcome, stored }));
