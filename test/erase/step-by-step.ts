import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { erasePerson } from '../../services/commands/erase.ts';
import { explain } from '../../services/commands/failure.ts';

// Erases somebody, states each step on stdout, and goes on when it reads a line: so that it can be killed in between.
const lines = createInterface({ input: process.stdin });
try {
  await erasePerson(process.argv[2]!, { yes: true }, async (step) => {
    process.stdout.write(`after ${step}\n`);
    await once(lines, 'line');
  });
} catch (error) {
  process.stderr.write(`${explain(error) ?? (error as Error).stack}\n`);
  process.exitCode = 1;
}
lines.close();
