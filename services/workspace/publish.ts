import type { FastifyBaseLogger } from 'fastify';
import type { Replacing } from '../../ingest/erase/replace.ts';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Clock, EventLog, Store } from '../../ingest/ports.ts';
import { encodeEvent } from '../../ingest/upcast.ts';
import type { Workspace } from '../../ingest/workspace/workspace.ts';
import { withoutNames } from '../erasing/workspace.ts';
import { knownDefinitions, publishWorkspace } from './load.ts';

export interface StatingParts {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  /** Names to take out of what the workspace says. */
  readonly erased: Replacing | null;
}

/** States in the log what the workspace says and the store, which has caught up with the log, does not know yet. */
export async function stateWorkspace(workspace: Workspace, parts: StatingParts): Promise<void> {
  const { store, log, clock, logger, erased } = parts;
  const append = (events: readonly NormalizedEvent[]) =>
    log.append(
      'headway.events',
      events.map((event) => ({ key: event.subject, value: encodeEvent(event) })),
    );
  const known = await knownDefinitions(store);
  const said = erased === null ? workspace : withoutNames(workspace, erased);
  const events = await publishWorkspace({ workspace: said, known, append, now: clock.now() });
  if (events.length > 0) logger.info({ definitions: events.length }, 'took in what the workspace changed');
}
