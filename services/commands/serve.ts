import { type Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { printable, type Role, roles } from '../config.ts';
import { createLogger } from '../logger.ts';
import { loadConfig } from './settings.ts';

/** `headway serve`: runs until it is told to stop. */
export function serveCommand(program: Command): void {
  program
    .command('serve', { isDefault: true })
    .description('start the server (also what `npm start` does)')
    .addOption(
      new Option('--role <role>', 'all in one process, or one part of a distributed set-up')
        .choices(roles)
        .default('all'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npm start                                     everything in one process, data in ./data, on http://127.0.0.1:8080
  $ HEADWAY_PORT=9000 npm start                   on another port
  $ HEADWAY_KAFKA_BROKERS=kafka:9092 HEADWAY_CLICKHOUSE_URL=http://clickhouse:8123 \\
      npm run headway -- serve --role worker      one part of a distributed set-up

SIGTERM and SIGINT stop it once what is under way is finished; a second one stops it at once.`,
    )
    .action(async ({ role }: { role: Role }) => {
      const config = loadConfig(role);
      const logger = createLogger(config.logLevel);
      const stopped = untilSignal();
      logger.info({ config: printable(config) }, 'starting');
      // Loaded here, so that other commands and --help do not wait for the whole server.
      const { startService } = await import('../compose.ts');
      const service = await startService(config, { clock: systemClock, logger });
      logger.info({ url: service.url }, `listening on ${service.url}`);
      service
        .warm()
        .catch((error: unknown) => logger.warn({ err: error }, 'the first event will take a second longer'));
      const signal = await stopped;
      logger.info({ signal }, 'stopping: finishing what is under way; another signal stops at once');
      await service.stop();
      logger.info('stopped');
    });
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process, with the exit code that shells expect. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const on = (signal: NodeJS.Signals) => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve(signal);
    };
    process.on('SIGTERM', on);
    process.on('SIGINT', on);
  });
}
