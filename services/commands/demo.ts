import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Definition } from '../../ingest/workspace/definition.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { simulatedClock } from '../demo/clock.ts';
import type { DemoOptions, DemoResult } from '../demo/run.ts';
import { makeDemoSecrets } from '../demo/sign.ts';
import { createLogger } from '../logger.ts';
import { loadWorkspace } from '../workspace/load.ts';
import { CommandFailed } from './failure.ts';
import { showProgress } from './progress.ts';
import { untilSignal } from './serve.ts';
import { withServer } from './server.ts';
import { loadConfig } from './settings.ts';

/** `headway demo`: a year of a made-up organisation, sent as its senders would. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('send a seeded year of a made-up organisation as signed webhooks')
    .option('--serve', 'start a server for it first, in a folder of its own, and leave it running', false)
    .option('--seed <seed>', 'another year', 'headway')
    .addHelpText(
      'after',
      `
Examples:
  $ npm run demo                             a server with the year on http://127.0.0.1:8080; ./data/demo is made anew
  $ npm run headway -- demo                  into the server that runs (its HEADWAY_SECRET_… must be set here too)`,
    )
    .action(({ serve, seed }: { serve: boolean; seed: string }) => (serve ? serveDemo(seed) : sendDemo(seed)));
}

async function serveDemo(seed: string): Promise<void> {
  const configured = loadConfig('all');
  if (configured.kafkaBrokers !== null || configured.clickhouseUrl !== null)
    throw new CommandFailed(
      'demo --serve brings its own log and store: unset HEADWAY_KAFKA_BROKERS and HEADWAY_CLICKHOUSE_URL.',
    );
  const definitions = await definitionsOf(configured);
  const now = systemClock.now();
  const { demoStart } = await import('../demo/run.ts');
  const clock = simulatedClock(demoStart(now));
  const secrets = makeDemoSecrets();
  const dataDir = join(configured.dataDir, 'demo');
  // A log that has seen today cannot be told of last year once more.
  rmSync(dataDir, { recursive: true, force: true });
  const config: Config = {
    ...configured,
    dataDir,
    tokens: null,
    rateLimit: null,
    organisation: configured.organisation || 'Kestrel Freight',
    // Nobody's words are in it.
    surveyComments: true,
    secrets: new Map([
      ['github', [secrets.github]],
      ['argocd', [secrets.argocd]],
      ['pagerduty', [secrets.pagerduty]],
    ]),
  };
  if (!config.loopback)
    throw new CommandFailed('demo --serve runs without tokens, so HEADWAY_HOST must be a loopback address.');
  const stopped = untilSignal();
  const loading = new AbortController();
  void stopped.then(() => loading.abort());
  const { startService } = await import('../compose.ts');
  const service = await startService(config, { clock, logger: createLogger('warn') });
  try {
    await service.ready;
    const result = await load({
      baseUrl: service.url,
      secrets,
      clock,
      seed,
      now,
      definitions,
      comments: true,
      signal: loading.signal,
    });
    process.stderr.write('Waiting until everything is counted.\n');
    await service.settled();
    clock.release();
    report(result);
    process.stdout.write(`
Open
  ${service.url}/            the five keys, by team
  ${service.url}/status      what the public sees
  ${service.url}/docs        what each number means
  ${service.url}/v1/metrics  the same as data

Ctrl-C stops the server.
`);
    await stopped;
  } catch (error) {
    if (!loading.signal.aborted) throw error;
  } finally {
    await service.stop();
  }
}

async function sendDemo(seed: string): Promise<void> {
  const config = loadConfig('all');
  const definitions = await definitionsOf(config);
  const secretOf = (source: string) => config.secrets.get(source)?.[0] ?? '';
  await withServer(async ({ url, token }) => {
    const secrets = { github: secretOf('github'), argocd: secretOf('argocd'), pagerduty: secretOf('pagerduty'), token };
    const comments = config.surveyComments;
    report(await load({ baseUrl: url, secrets, seed, now: systemClock.now(), definitions, comments }));
  });
}

async function definitionsOf(config: Config): Promise<readonly Definition[]> {
  const loaded = await loadWorkspace({ dir: config.workspaceDir, timezone: config.timezone });
  if (!loaded.ok)
    throw new CommandFailed(`The workspace in ${config.workspaceDir} has problems; \`npm start\` lists them.`);
  if (!loaded.present)
    throw new CommandFailed(
      `The demo plays in the example organisation: HEADWAY_WORKSPACE must name it, not ${config.workspaceDir}.`,
    );
  return loaded.workspace.definitions;
}

async function load(options: DemoOptions): Promise<DemoResult> {
  const { runDemo } = await import('../demo/run.ts');
  const progress = showProgress('Sending a year', 'days');
  try {
    return await runDemo({ ...options, onProgress: ({ days }) => progress.update(days, 365) });
  } finally {
    progress.end();
  }
}

function report(result: DemoResult): void {
  process.stdout.write(
    `${result.deliveries} deliveries sent in ${result.seconds.toFixed(0)} s: ${result.events} events, ${result.duplicates} of them repeated\n`,
  );
  if (result.rejected > 0)
    process.stderr.write(
      `${result.rejected} were set aside, among them:\n${result.refusals.map((line) => `  ${line}\n`).join('')}`,
    );
}
