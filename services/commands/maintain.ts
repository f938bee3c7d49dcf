import type { Command } from 'commander';
import { finderOf } from '../../ingest/sources/registry.ts';
import type { Backbone } from '../backbone.ts';
import { postForLines } from '../client.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { newDeliveryId } from '../identity.ts';
import { createLogger } from '../logger.ts';
import type { LongWork, WorkLine } from '../long-work.ts';
import type { RebuildDeps, ReplayChoice, ReplayTally } from '../rebuilding.ts';
import { createShutdown } from '../shutdown.ts';
import { sourcesWith } from '../workspace/sources.ts';
import { CommandFailed } from './failure.ts';
import { type Progress, showProgress } from './progress.ts';
import { withServer } from './server.ts';
import { loadConfig } from './settings.ts';

/** `headway rebuild` and `headway replay`: everything that is derived, made anew. */
export function maintenanceCommands(program: Command): void {
  program
    .command('rebuild')
    .description('make the store anew from the log; numbers are the same afterwards, unless the code has changed')
    .addHelpText('after', '\nThe log is only read. In a distributed set-up stop the workers first.')
    .action(async () => {
      await longWork('/v1/admin/rebuild', async (parts, onProgress) => {
        const { rebuild } = await import('../rebuilding.ts');
        return rebuild(parts, onProgress);
      });
      process.stdout.write('Rebuilt.\n');
    });
  program
    .command('replay')
    .description("run today's normalisers over the stored deliveries, after an upgrade that reads more or better")
    .option('--source <name>', 'only deliveries of this source')
    .option('--unread', 'only those that could not be read, or fed nothing, when they came')
    .addHelpText(
      'after',
      `
Events keep their ids: what was known stays as it was, what is newly understood is added.

Example, after a sender's format was taught:
  $ npm run headway -- replay --source argocd --unread`,
    )
    .action(async (choice: ReplayChoice) => {
      const query = new URLSearchParams();
      if (choice.source !== undefined) query.set('source', choice.source);
      if (choice.unread) query.set('unread', 'true');
      const tally = await longWork<ReplayTally>(`/v1/admin/replay?${query}`, async (parts, onProgress) => {
        const { replayDeliveries } = await import('../rebuilding.ts');
        const { readWorkspaceFolder } = await import('../compose.ts');
        const config = loadConfig('all');
        const findSource = finderOf(sourcesWith(await readWorkspaceFolder(config)));
        const deps = { log: parts.log, findSource, takesComments: config.surveyComments };
        return replayDeliveries(deps, choice, onProgress);
      });
      process.stdout.write(
        `${tally.deliveries} deliveries read again: ${tally.events} events, ${tally.ignored} of no use, ${tally.rejected} not readable\n`,
      );
    });
}

type Work<T> = (parts: RebuildDeps & Pick<Backbone, 'kafka'>, onProgress: LongWork) => Promise<T>;

/** Where log and store are servers of their own the work is done here; else by the process that has the data folder. */
async function longWork<T>(path: string, work: Work<T>): Promise<T> {
  const config = loadConfig('all');
  if (config.kafkaBrokers !== null && config.clickhouseUrl !== null)
    return inThisProcess(config, async (parts, onProgress) => {
      if ((await parts.kafka?.settled()) === null)
        throw new CommandFailed('Somebody is being erased. Wait for that to end, and give the command again.');
      return work(parts, onProgress);
    });
  return withServer(async (server) => {
    const shown = progressLine();
    for await (const line of postForLines<WorkLine<T>>(server, path)) {
      if ('progress' in line) shown.update(line.progress);
      else {
        shown.end();
        if ('failed' in line) throw new CommandFailed(`It failed: ${line.failed}.`);
        return line.result;
      }
    }
    throw new CommandFailed('The server went away before it was done. Start it and repeat the command.');
  });
}

/** Does work on log and store in this process: nobody else may have them, where they are folders. */
export async function inThisProcess<T>(config: Config, work: Work<T>): Promise<T> {
  const shutdown = createShutdown();
  const shown = progressLine();
  try {
    const logger = createLogger('warn');
    const { openBackbone } = await import('../backbone.ts');
    const { openAtoms } = await import('../../queries/atoms/atoms.ts');
    const { log, kafka, store } = await openBackbone(
      { ...config, role: 'worker' },
      { clock: systemClock, logger, shutdown },
    );
    if (store === null) throw new Error('a worker has a store');
    const atoms = openAtoms(store, `command_${newDeliveryId().replaceAll('-', '_')}`, config.clickhouseUrl === null);
    shutdown.add('atoms', () => atoms.close());
    await atoms.prepare();
    if (kafka !== null) {
      const { renewStore } = await import('../store-generation.ts');
      // Asked first, since only then it is known which generation holds.
      await kafka.ends('headway.events');
      await renewStore({ store, atoms }, kafka.generation().number);
    }
    return await work({ log, kafka, store, atoms }, shown.update);
  } finally {
    shown.end();
    await shutdown.run();
  }
}

/** Long work that is being shown. */
export interface ShownWork {
  readonly update: LongWork;
  end(): void;
}

/** Shows the progress of work that has phases, one after the other. */
export function progressLine(): ShownWork {
  let phase = '';
  let progress: Progress | null = null;
  return {
    update(step) {
      if (step.phase !== phase) {
        progress?.end();
        phase = step.phase;
        progress = showProgress(step.phase === 'atoms' ? 'Folding' : 'Reading', step.phase);
      }
      progress?.update(step.done, step.total);
    },
    end() {
      progress?.end();
      progress = null;
      phase = '';
    },
  };
}
