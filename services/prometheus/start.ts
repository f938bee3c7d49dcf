import type { FastifyBaseLogger } from 'fastify';
import type { Clock, EventLog, Store } from '../../ingest/ports.ts';
import { sloDefinition } from '../../ingest/workspace/slos.ts';
import type { Workspace } from '../../ingest/workspace/workspace.ts';
import type { NamedSlo } from '../../queries/slo/prometheus-rules.ts';
import { prometheusTokenVariable } from '../config.ts';
import { rangeClient } from './client.ts';
import { type Pulling, startPulling } from './pulling.ts';

export interface PullSlosDeps {
  /** Only what its files say is pulled: an SLO that is sent could name any address. */
  readonly workspace: Workspace;
  /** By the name of their variable. */
  readonly tokens: ReadonlyMap<string, string>;
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  /** Resolves once the store knows what was pulled before. */
  readonly ready: Promise<unknown>;
}

/** The SLOs that a workspace defines. */
export function slosOf(workspace: Workspace): readonly NamedSlo[] {
  return workspace.definitions.flatMap((one): NamedSlo[] =>
    one.type === 'slo.defined' ? [{ slo: one.data.slo, definition: sloDefinition.parse(one.data.definition) }] : [],
  );
}

/** Pulls the slices of the workspace's SLOs from Prometheus, from when the store is ready on. */
export function pullSlos(deps: PullSlosDeps): Pulling {
  const { workspace, tokens, ready, ...parts } = deps;
  let pulling: Pulling | null = null;
  let isStopped = false;
  const started = ready.then(
    () => {
      if (isStopped) return;
      const clientOf = (source: string, url: string) =>
        rangeClient({ url, token: tokens.get(prometheusTokenVariable(source)) ?? null });
      pulling = startPulling({ ...parts, slos: slosOf(workspace), clientOf });
    },
    // That the store cannot be made ready is told by who does it.
    () => undefined,
  );
  return {
    standing: () => pulling?.standing() ?? [],
    problemOf: (slo) => pulling?.problemOf(slo) ?? null,
    async stop() {
      isStopped = true;
      await Promise.race([started, Promise.resolve()]);
      await pulling?.stop();
    },
  };
}
