import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { createToken, type Scope, scopes } from '../tokens.ts';

/** `headway token create`: makes a token, shows it once, and prints the lines to keep. */
export function tokenCommand(program: Command): void {
  const token = program.command('token').description('API tokens');
  token
    .command('create')
    .description('make a token; it is shown once, and only its hash is kept in the file that HEADWAY_TOKENS_FILE names')
    .requiredOption('--name <name>', 'what it is for, such as grafana')
    .addOption(
      new Option(
        '--scope <scope...>',
        'ingest (send events), read (numbers and facts), comments (those in surveys), admin (all, and raw deliveries)',
      )
        .choices(scopes)
        .makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      `
Example:
  $ npm run headway -- token create --name grafana --scope read
  Put the printed lines into a file, say tokens.yaml, and start the server with
  $ HEADWAY_TOKENS_FILE=tokens.yaml npm start`,
    )
    .action(({ name, scope }: { name: string; scope: Scope[] }) => {
      const { token: secret, record } = createToken(name, scope);
      // The token alone goes to stdout, so that a script can take it.
      process.stderr.write('The token, shown this once:\n');
      process.stdout.write(`${secret}\n`);
      process.stderr.write(`\nFor the file that HEADWAY_TOKENS_FILE names (add to its list, if it has one):\n\n`);
      process.stderr.write(stringify({ tokens: [record] }));
    });
}
