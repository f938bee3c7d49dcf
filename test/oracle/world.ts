import type { NormalizedEvent } from '../../ingest/event.ts';
import { type Catalog, catalogOf } from './catalog.ts';
import { changesOf } from './changes.ts';
import { type Delivered, deliveriesOf } from './containment.ts';
import { type Remedy, remediesOf } from './failures.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { compareEvents, knownEvents, type Recorded, withoutRetracted } from './known.ts';
import { repositoriesOf } from './positions.ts';
import { type Rollout, rolloutsOf } from './rollouts.ts';
import { reportsByRule } from './rules.ts';

/** Everything that a history says, as known at one instant. */
export interface World {
  readonly asOf: number;
  /** R1, retracted ones included: what senders sent. */
  readonly heard: readonly NormalizedEvent[];
  /** What stands of it, and what rules make of runs, jobs and releases (R35). */
  readonly events: readonly NormalizedEvent[];
  readonly catalog: Catalog;
  readonly rollouts: readonly Rollout[];
  readonly delivered: readonly Delivered[];
  readonly incidents: readonly Incident[];
  readonly remedies: readonly Remedy[];
  /** Every service in R30's sense: defined, or with any atom. */
  readonly services: readonly string[];
}

const worlds = new WeakMap<readonly Recorded[], Map<string, World>>();
const notes = new WeakMap<World, Map<string, unknown>>();

/** What follows from a world alone is worked out once. */
export function remembered<T>(world: World, what: string, work: () => T): T {
  const known = notes.get(world) ?? new Map<string, unknown>();
  notes.set(world, known);
  if (!known.has(what)) known.set(what, work());
  return known.get(what) as T;
}

/** The world that a history shows at `asOf`. Worked out once: a history may grow, but not otherwise change. */
export function worldOf(history: readonly Recorded[], asOf: number): World {
  const known = worlds.get(history) ?? new Map<string, World>();
  worlds.set(history, known);
  const key = `${asOf} ${history.length}`;
  const found = known.get(key) ?? build(history, asOf);
  known.set(key, found);
  return found;
}

function build(history: readonly Recorded[], asOf: number): World {
  const heard = knownEvents(history, asOf);
  const byRule = reportsByRule(withoutRetracted(heard));
  // Retractions may name a rollout that only a rule makes one.
  const events = withoutRetracted([...heard, ...byRule].sort(compareEvents));
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
    events,
    catalog,
    rollouts,
    delivered,
    incidents,
    remedies: remediesOf(rollouts, delivered),
    services: [...services.values()],
  };
}
