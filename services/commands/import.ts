import type { Command } from 'commander';
import type { ImportedEvent } from '../../ingest/import/events.ts';
import type { CanonicalAnswer } from '../../ingest/receive.ts';
import { getJson, post, type ServerAddress, ServerRefused } from '../client.ts';
import { systemClock } from '../clock.ts';
import { CommandFailed } from './failure.ts';
import { importCsvCommand } from './import-csv.ts';
import { type Progress, showProgress } from './progress.ts';
import { withServer } from './server.ts';

interface GitOptions {
  readonly repository?: string;
  readonly service?: string;
  readonly tags?: string;
  readonly environment?: string;
  readonly paths?: boolean;
}

const BODY_BYTES = 8 * 1024 * 1024;

/** `headway import`: the history of local clones, and what only a spreadsheet knows. */
export function importCommand(program: Command): void {
  const command = program.command('import').description('take in what happened before Headway was connected');
  command
    .command('git')
    .argument('<path...>', 'local clones, bare or not')
    .description('commits become changes, tags become production deployments; repeating it adds only what is new')
    .option('--repository <owner/name>', "name of the repository; without it the remote 'origin' tells")
    .option('--service <id>', 'service of the catalog that the tags roll out; without it the one of the repository')
    .option(
      '--tags <pattern>',
      'tags that are deployments, such as release-*; without it version numbers, no pre-releases',
    )
    .option('--environment <name>', 'where the tags were deployed', 'production')
    .option('--paths', 'read the paths of each commit too: needed for a repository of several services')
    .addHelpText(
      'after',
      `
Examples:
  $ npm run headway -- import git ../checkout-api
  $ npm run headway -- import git ../monorepo --paths --tags 'checkout-*' --service checkout-api`,
    )
    .action(async (paths: string[], options: GitOptions) => {
      await withServer(async (server) => {
        for (const path of paths) await importOne(server, path, options);
      });
    });
  importCsvCommand(command);
}

async function importOne(server: ServerAddress, path: string, options: GitOptions): Promise<void> {
  const { importGit } = await import('../import/git.ts');
  let progress: Progress | null = null;
  let phase = '';
  const imported = await importGit({
    path,
    ...options,
    now: systemClock.now(),
    send: (events) => send(server, events),
    known: (id) => known(server, id),
    onProgress(step) {
      if (step.phase !== phase) {
        progress?.end();
        phase = step.phase;
        progress = showProgress(phaseNames[step.phase], step.phase === 'rollouts' ? 'tags' : 'commits');
      }
      progress?.update(step.done, step.total);
    },
  });
  (progress as Progress | null)?.end();
  if (!imported.ok) throw new CommandFailed(imported.problem);
  const { repository, commits, changes, rollouts, undelivered, corrections } = imported;
  process.stdout.write(
    `${repository}: ${commits} commits in ${changes} changes, ${rollouts} deployments, ${undelivered} commits not deployed yet` +
      `${corrections > 0 ? `, ${corrections} earlier statements corrected` : ''}\n`,
  );
  if (imported.shallow)
    process.stderr.write(
      'The clone is shallow: older history is missing. `git fetch --unshallow`, then import again.\n',
    );
  if (rollouts === 0)
    process.stderr.write('No tag looks like a release, so nothing counts as deployed. --tags says which do.\n');
}

const phaseNames = { history: 'Reading history', changes: 'Sending changes', rollouts: 'Sending deployments' } as const;

async function send(server: ServerAddress, events: readonly ImportedEvent[]): Promise<void> {
  let lines: string[] = [];
  let bytes = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    type Answer = { events: readonly CanonicalAnswer[] };
    const answer = await post<Answer>(server, '/v1/events', 'application/x-ndjson', lines.join('\n'));
    const refused = answer.events.find(({ status }) => status === 'invalid');
    if (refused) throw new ServerRefused(`the server refused ${refused.id}: ${JSON.stringify(refused.problems)}`);
    lines = [];
    bytes = 0;
  };
  for (const event of events) {
    const line = JSON.stringify(event);
    if (bytes + line.length > BODY_BYTES) await flush();
    lines.push(line);
    bytes += line.length;
  }
  await flush();
}

async function known(server: ServerAddress, id: string): Promise<ImportedEvent | null> {
  return getJson<ImportedEvent>(server, `/v1/events/${encodeURIComponent(id)}`).catch((error: unknown) => {
    if (error instanceof ServerRefused && error.status === 404) return null;
    throw error;
  });
}
