import { Command } from 'commander';
import { backfillCommand } from './commands/backfill.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eraseCommand } from './commands/erase.ts';
import { explain } from './commands/failure.ts';
import { generateCommand } from './commands/generate.ts';
import { importCommand } from './commands/import.ts';
import { maintenanceCommands } from './commands/maintain.ts';
import { sendCommand } from './commands/send.ts';
import { serveCommand } from './commands/serve.ts';
import { sloCommand } from './commands/slo.ts';
import { tokenCommand } from './commands/token.ts';

const program = new Command('headway')
  .description('Delivery metrics that explain themselves: webhooks become DORA numbers, each traceable to its events.')
  .showHelpAfterError('(--help shows how)')
  .addHelpText(
    'after',
    `
A first look:
  $ npm run demo                                        a year of a made-up organisation, in a minute or two
  $ npm run headway -- import git ../my-repository      your own history: commits, and tags as deployments
  $ npm run headway -- backfill github acme/api         what GitHub still knows of a repository's past
  $ npm run headway -- doctor                           what is connected, silent or assumed, and what to do

Settings are environment variables; /docs of a running server lists them.`,
  );

serveCommand(program);
demoCommand(program);
importCommand(program);
backfillCommand(program);
sendCommand(program);
doctorCommand(program);
sloCommand(program);
maintenanceCommands(program);
eraseCommand(program);
tokenCommand(program);
generateCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  const text = explain(error);
  process.stderr.write(`${text ?? (error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
}
