import type { FastifyBaseLogger } from 'fastify';
import { LogUnavailable } from '../ingest/ports.ts';
import { receiveSpooled, type SpooledDeps } from '../ingest/replay.ts';
import { sleep } from './following.ts';
import type { Spool } from './log/spool.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const AT_ONCE = 64;

/** Takes what waits in the spool to the log as soon as the log answers again. Stops by the returned function. */
export function startSpooling(spool: Spool, replaying: SpooledDeps, logger: FastifyBaseLogger): () => Promise<void> {
  const stopping = new AbortController();
  const run = async () => {
    let pause = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      await sleep(pause, stopping.signal);
      if (stopping.signal.aborted || spool.size() === 0) continue;
      try {
        const forwarded = await spool.drain((record) => forward(replaying, record, logger), AT_ONCE);
        logger.info({ deliveries: forwarded }, 'forwarded what had waited for the log');
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) logger.error({ err: error }, 'forwarding from the spool failed');
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
  };
}

async function forward(replaying: SpooledDeps, record: Uint8Array, logger: FastifyBaseLogger): Promise<void> {
  const outcome = await receiveSpooled(replaying, record);
  if (outcome === 'unreadable') logger.error({ bytes: record.length }, 'dropped a spooled record that is no delivery');
}
