import type { NormalizedEvent } from '../../ingest/event.ts';
import { type Catalog, catalogOf } from './catalog.ts';
import { changesOf } from './changes.ts';
import { type Delivered, deliveriesOf } from './containment.ts';
import { type Remedy, remediesOf } from './failures.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { knownEvents, type Recorded, withoutRetracted } from './known.ts';
import { repositoriesOf } from './positions.ts';
import { type Rollout, rolloutsOf } from './rollouts.ts';

/** Everything that a history says, as known at one instant. */
export interface World {
  readonly asOf: number;
  /** R1, retracted ones included: what senders sent. */
  readonly heard: readonly NormalizedEvent[];
  readonly catalog: Catalog;
  readonly rollouts: readonly Rollout[];
  readonly delivered: readonly Delivered[];
  readonly incidents: readonly Incident[];
  readonly remedies: readonly Remedy[];
  /** Every service in R30's sense: defined, or with any atom. */
  readonly services: readonly string[];
}

export function worldOf(history: readonly Recorded[], asOf: number): World {
  const heard = knownEvents(history, asOf);
  const events = withoutRetracted(heard);
  const catalog = catalogOf(events);
  const repositories = repositoriesOf(events);
  const rollouts = rolloutsOf(events, catalog, repositories);
  const delivered = deliveriesOf(changesOf(events, repositories, rollouts), rollouts, catalog, repositories);
  const incidents = incidentsOf(events, catalog, rollouts, delivered);
  const services = new Map<string, string>();
  for (const service of [...catalog.defined, ...[...rollouts, ...delivered, ...incidents].map((atom) => atom.service)])
    if (!services.has(service.toLowerCase())) services.set(service.toLowerCase(), service);
  return {
    asOf,
    heard,
    catalog,
    rollouts,
    delivered,
    incidents,
    remedies: remediesOf(rollouts, delivered),
    services: [...services.values()],
  };
}
