import { readFile } from 'node:fs/promises';
import { getJson, type ServerAddress } from '../client.ts';
import { systemClock } from '../clock.ts';
import type { Received } from '../deliveries.ts';
import { CommandFailed } from './failure.ts';
import { withServer } from './server.ts';

export interface RepairOptions {
  readonly repair: true | readonly string[];
  readonly app?: boolean;
  readonly apply?: boolean;
}

/** GitHub repeats deliveries for three days. */
const REPEATED_FOR_MS = 3 * 86_400_000;

export const REPAIR_HELP = `
Gap repair: GitHub sends a delivery once. --repair compares its list of the last three days with what was received here and
shows what was missed; --apply asks GitHub to deliver that again, signed as ever.
  $ GITHUB_TOKEN=… npm run headway -- doctor --repair acme/api acme/web            hooks of repositories
  $ GITHUB_TOKEN=… npm run headway -- doctor --repair acme/api --apply
  $ GITHUB_TOKEN=… npm run headway -- doctor --repair acme                         the hook of an organisation
  $ GITHUB_APP_ID=1 GITHUB_APP_KEY_FILE=app.pem npm run headway -- doctor --repair --app    the hook of a GitHub App
The token needs read access to Webhooks, with --apply write (classic: read:repo_hook, write:repo_hook; admin:org_hook for an
organisation). Where the server asks for tokens, HEADWAY_TOKEN is one with the scope admin. GITHUB_API_URL names the API of an
Enterprise server. What is older than three days is a matter for backfill.`;

/** `headway doctor --repair`: what GitHub delivered, or tried to, and was never received. */
export async function repair(options: RepairOptions): Promise<void> {
  const { githubClient } = await import('../backfill/github-client.ts');
  const { makePace } = await import('../backfill/pace.ts');
  const { APP_HOOK, appToken, hooksOf, missedBy, redeliver } = await import('../repair/github.ts');
  const repositories = options.repair === true ? [] : options.repair;
  if (options.app !== true && repositories.length === 0)
    throw new CommandFailed('--repair takes repositories (owner/name), organisations (owner), or --app.');
  const wait = (seconds: number) => process.stderr.write(`Waiting ${seconds} s for GitHub's limit.\n`);
  const client = githubClient({
    api: (process.env.GITHUB_API_URL ?? 'https://api.github.com').replace(/\/+$/, ''),
    token: options.app ? appToken(...(await appKey())) : token(),
    pace: makePace(null, wait),
    onWait: wait,
  });
  const since = new Date(Date.parse(systemClock.now()) - REPEATED_FOR_MS).toISOString();
  const hooks = options.app ? [APP_HOOK] : [];
  for (const repository of repositories) {
    const found = await hooksOf(client, repository);
    if (found.length === 0) process.stderr.write(`${repository} has no hook to /hooks/github.\n`);
    hooks.push(...found);
  }
  const received = await withServer((server) => receivedFrom(server, since));
  let count = 0;
  for (const hook of hooks)
    for (const missed of await missedBy(client, hook, since, received)) {
      count++;
      if (options.apply) await redeliver(client, missed);
      const done = options.apply ? 'asked for again' : 'missed';
      process.stdout.write(`${missed.deliveredAt} ${missed.event} ${missed.guid} ${done} (then: ${missed.status})\n`);
    }
  if (count === 0) process.stdout.write('Nothing was missed in the last three days.\n');
  else if (!options.apply) {
    process.stdout.write(`${count} missed. --apply asks GitHub for them again.\n`);
    process.exitCode = 1;
  }
}

async function receivedFrom(server: ServerAddress, since: string): Promise<readonly Received[]> {
  // What was delivered just after `since` was received after it, too.
  const query = new URLSearchParams({ source: 'github', since });
  return (await getJson<{ deliveries: Received[] }>(server, `/v1/deliveries?${query}`)).deliveries;
}

function token(): string {
  const given = process.env.GITHUB_TOKEN?.trim();
  if (!given) throw new CommandFailed('GITHUB_TOKEN must hold a token that may read the hooks; --help says more.');
  return given;
}

async function appKey(): Promise<[string, string, number]> {
  const { GITHUB_APP_ID: id, GITHUB_APP_KEY_FILE: file } = process.env;
  if (!id || !file) throw new CommandFailed('--app needs GITHUB_APP_ID, and GITHUB_APP_KEY_FILE with its private key.');
  return [id, await readFile(file, 'utf8'), Date.parse(systemClock.now())];
}
