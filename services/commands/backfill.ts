import { type Command, InvalidArgumentError } from 'commander';
import { parseSince } from '../../ingest/workspace/definition.ts';
import { checkpointFile } from '../backfill/checkpoint.ts';
import { makePace, type Pace } from '../backfill/pace.ts';
import { backfill, type Forge, type Step } from '../backfill/run.ts';
import type { ServerAddress } from '../client.ts';
import { systemClock } from '../clock.ts';
import { CommandFailed } from './failure.ts';
import { type Progress, showProgress } from './progress.ts';
import { withServer } from './server.ts';
import { loadConfig } from './settings.ts';

interface BackfillOptions {
  readonly since?: string;
  readonly until?: string;
  readonly requestsPerHour?: number;
  readonly api?: string;
  readonly jobs: boolean;
  readonly restart?: boolean;
}

const HELP = `
What is read is told under the ids that the webhooks use, so a backfill over a connected repository adds only what was missing.
What no webhook tells is added: the commits of each change, and for each deployment the commits that it brought, by comparing
its revision with the one before. One deployment from before the time span is taken in for each environment, to compare with.

It may be stopped at any time: the same command goes on where it was (a small file under HEADWAY_DATA_DIR/backfill keeps it).
It makes as many requests as --requests-per-hour allows, else it leaves a fifth of the limit that the API states to others.
`;

/** `headway backfill`: the history that a forge's API still has. */
export function backfillCommand(program: Command): void {
  const command = program
    .command('backfill')
    .description(
      "take in a repository's past through the API of its forge: changes, deployments, runs, releases, incidents",
    );
  common(command.command('github'))
    .argument('<repository...>', 'owner/name, or owner alone for all of its repositories but forks')
    .description('history of repositories on GitHub, or on a GitHub Enterprise server')
    .option('--api <url>', 'address of the API; GITHUB_API_URL if set, else https://api.github.com')
    .addHelpText(
      'after',
      `${HELP}
The token stands in GITHUB_TOKEN. A fine-grained one needs read access to Metadata, Contents, Pull requests, Actions,
Deployments and Issues; a classic one the scope repo, or public_repo for public repositories.

Examples:
  $ GITHUB_TOKEN=$(gh auth token) npm run headway -- backfill github acme/api
  $ npm run headway -- backfill github acme --since 2026-01-01 --no-jobs
  $ npm run headway -- backfill github acme/api --requests-per-hour 1000 --api https://github.acme.com/api/v3`,
    )
    .action(async (named: string[], options: BackfillOptions) => {
      const token = tokenIn('GITHUB_TOKEN');
      const api = addressOf(options.api ?? process.env.GITHUB_API_URL ?? 'https://api.github.com');
      const { githubClient } = await import('../backfill/github-client.ts');
      const { githubForge, githubRepositories } = await import('../backfill/github.ts');
      await run(api, named, options, (pace, onWait) => {
        const client = githubClient({ api, token, pace, onWait });
        return {
          list: (name) => githubRepositories(client, name),
          open: (repository) => githubForge(client, repository, { jobs: options.jobs }),
        };
      });
    });
  common(command.command('gitlab'))
    .argument('<project...>', 'group/project, subgroups included')
    .description('history of projects on GitLab.com, or on an installation of your own')
    .option('--api <url>', 'address of the installation; CI_SERVER_URL if set, else https://gitlab.com')
    .addHelpText(
      'after',
      `${HELP}
The token stands in GITLAB_TOKEN: a personal, group or project token with the scope read_api, whose owner is at least
Reporter in the project, and Developer where deployments are to be seen.

Examples:
  $ GITLAB_TOKEN=… npm run headway -- backfill gitlab acme/shop/api
  $ npm run headway -- backfill gitlab acme/api --api https://gitlab.acme.com --since 2026-01-01`,
    )
    .action(async (named: string[], options: BackfillOptions) => {
      const token = tokenIn('GITLAB_TOKEN');
      const api = addressOf(options.api ?? process.env.CI_SERVER_URL ?? 'https://gitlab.com');
      const { gitlabClient } = await import('../backfill/gitlab-client.ts');
      const { gitlabForge } = await import('../backfill/gitlab.ts');
      await run(api, named, options, (pace) => {
        const client = gitlabClient({ api, token, pace });
        return {
          list: async (name) => [name],
          open: (repository) => gitlabForge(client, repository, { jobs: options.jobs }),
        };
      });
    });
}

function common(command: Command): Command {
  return command
    .option('--since <date>', 'from when on; without it the last year')
    .option('--until <date>', 'up to when; without it now')
    .option('--requests-per-hour <number>', 'at most so many requests in any hour', whole)
    .option('--no-jobs', 'leave out jobs: on GitHub they cost a request for each run')
    .option('--restart', 'forget how far an interrupted backfill had come');
}

interface Reading {
  /** The repositories that a name stands for. */
  list(name: string): Promise<readonly string[]>;
  open(repository: string): Promise<Forge>;
}

async function run(
  api: string,
  named: readonly string[],
  options: BackfillOptions,
  begin: (pace: Pace, onWait: (seconds: number) => void) => Reading,
): Promise<void> {
  const { dataDir, timezone } = loadConfig('all');
  const now = systemClock.now();
  const until = instantOf(options.until, '--until', timezone) ?? now;
  const since = instantOf(options.since, '--since', timezone) ?? yearBefore(until);
  if (since >= until) throw new CommandFailed('--since must be before --until.');
  const wait = (seconds: number) => process.stderr.write(`\nWaiting ${patience(seconds)} for the API's limit.\n`);
  const reading = begin(makePace(options.requestsPerHour ?? null, wait), wait);
  const repositories: string[] = [];
  for (const name of named) repositories.push(...(await reading.list(name)));
  await withServer(async (server) => {
    for (const repository of repositories) {
      const checkpoint = checkpointFile(dataDir, api, repository);
      if (options.restart) checkpoint.remove();
      const asked = JSON.stringify([options.since ?? null, options.until ?? null, options.jobs]);
      await one(server, await reading.open(repository), { span: { since, until }, asked, checkpoint, repository });
    }
  });
}

interface One extends Pick<Parameters<typeof backfill>[0], 'span' | 'asked' | 'checkpoint'> {
  readonly repository: string;
}

async function one(server: ServerAddress, forge: Forge, { repository, ...task }: One): Promise<void> {
  if (forge.repository.toLowerCase() !== repository.toLowerCase())
    process.stderr.write(`${repository} is now called ${forge.repository}, and is told under that name.\n`);
  let progress: Progress | null = null;
  let current: Step | null = null;
  const done = await backfill({
    ...task,
    forge,
    server,
    now: systemClock.now,
    onProgress(step, count, total) {
      if (step !== current) {
        progress?.end();
        current = step;
        progress = showProgress(`Reading ${forge.repository}`, step.unit);
      }
      progress?.update(count, total);
    },
  });
  (progress as Progress | null)?.end();
  const { since, until } = done.span;
  process.stdout.write(
    `${done.repository}: ${done.records} records from ${since.slice(0, 10)} to ${until.slice(0, 10)}${done.resumed ? ', gone on from an earlier run' : ''}\n`,
  );
  if (done.unreadable > 0) process.stderr.write(`${done.unreadable} records could not be read and were left out.\n`);
  if (done.incomparable > 0)
    process.stderr.write(
      `${done.incomparable} deployments could not be compared with the one before, since a revision is gone: what they delivered is told by branch position or time.\n`,
    );
}

function tokenIn(variable: string): string {
  const token = process.env[variable]?.trim();
  if (!token)
    throw new CommandFailed(`${variable} must hold a token that may read the repositories; --help says which.`);
  return token;
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CommandFailed('--api is not an http or https address.');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function instantOf(text: string | undefined, option: string, timezone: string): string | null {
  if (text === undefined) return null;
  const instant = parseSince(text, timezone);
  if (instant === null) throw new CommandFailed(`${option} is neither a date (2026-03-01) nor an instant with a zone.`);
  return instant;
}

function yearBefore(until: string): string {
  const at = new Date(until);
  at.setUTCFullYear(at.getUTCFullYear() - 1);
  return at.toISOString();
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number of at least 1.');
  return number;
}

function patience(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
