import { writeSync } from 'node:fs';
import { openSpool } from '../../services/log/spool.ts';

// Spools until it is killed, one record after the other, and states each on stdout once it is acknowledged.
const [path, run] = process.argv.slice(2);
const spool = await openSpool({ path: path! });
for (let count = 0; ; count++) {
  await spool.put(Buffer.from(`${run}-${count}`.padEnd((count * 7919) % 3000)));
  writeSync(1, `${run}-${count}\n`);
}
