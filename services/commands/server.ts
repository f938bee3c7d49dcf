import { answers, type ServerAddress, untilReady } from '../client.ts';
import { systemClock } from '../clock.ts';
import { createLogger } from '../logger.ts';
import { CommandFailed } from './failure.ts';
import { loadConfig } from './settings.ts';

/**
 * Runs `use` against a server: the one that HEADWAY_URL names, else the one on this machine's port, else one that is
 * started on the data folder for as long as the command takes. Every command so speaks HTTP and has one way to work.
 */
export async function withServer<T>(use: (server: ServerAddress) => Promise<T>): Promise<T> {
  const config = loadConfig('all');
  const token = process.env.HEADWAY_TOKEN ?? null;
  const named = process.env.HEADWAY_URL?.replace(/\/$/, '');
  if (named) {
    if (await answers(named)) return use({ url: named, token });
    throw new CommandFailed(`No Headway server answers at ${named}, which HEADWAY_URL names.`);
  }
  const local = `http://${config.loopback && config.host !== '::1' ? config.host : '127.0.0.1'}:${config.port}`;
  if (await answers(local)) {
    const server = { url: local, token };
    await untilReady(server, 120);
    return use(server);
  }
  // Nobody else can reach it: bound to loopback on a free port, so it needs no tokens.
  const own = { ...config, host: '127.0.0.1', port: 0, loopback: true, tokens: null };
  const { startService } = await import('../compose.ts');
  const service = await startService(own, { clock: systemClock, logger: createLogger('warn') });
  try {
    const server = { url: service.url, token: null };
    await untilReady(server, 3600);
    return await use(server);
  } finally {
    await service.stop();
  }
}
