import type { SqlValue, Store } from '../../ingest/ports.ts';
import { catalogLayers } from './catalog.ts';
import { changeLayers } from './changes.ts';
import { containmentLayers } from './containment.ts';
import { factsLayer } from './facts.ts';
import { failureLayers } from './failures.ts';
import { incidentLayers } from './incidents.ts';
import { atomLayers } from './kinds.ts';
import type { Layer } from './layer.ts';
import { positionLayers } from './positions.ts';
import { rolloutLayers } from './rollouts.ts';
import { scopeLayers, type Touch, touchLayers } from './scope.ts';

/** All steps from facts to atoms, each reading those before it. */
export const layers: readonly Layer[] = [
  ...catalogLayers,
  ...positionLayers,
  ...rolloutLayers,
  ...changeLayers,
  ...containmentLayers,
  ...incidentLayers,
  ...failureLayers,
  ...atomLayers,
];

export interface Fold {
  /** Name of the table that a layer was filled into. */
  readonly table: (layer: string) => string;
  /** Drops everything that was filled. */
  drop(): Promise<void>;
}

/**
 * Folds events into atoms: fills every layer as a table in memory under names of its own. `asOf` null means everything known;
 * `services` null means all of them, else the atoms of these (in lower case) come out right, those of others may not.
 */
export function fold(
  store: Store,
  prefix: string,
  asOf: string | null,
  services: readonly string[] | null,
): Promise<Fold> {
  const steps = [...(services === null ? [] : scopeLayers), factsLayer(services !== null), ...layers];
  return fill(store, prefix, steps, asOf, { services: services ?? [], as_of: asOf ?? '' });
}

/** Services, in lower case, whose atoms could change by what was touched; `(unassigned)` always. */
export async function touchedServices(store: Store, prefix: string, touch: Touch): Promise<string[]> {
  const params = { entities: [...touch.entities], names: [...touch.names] };
  const made = await fill(store, prefix, touchLayers, null, params);
  try {
    const rows = await store.query<{ service: string }>(
      `SELECT DISTINCT service FROM ${made.table('touch_services')} ORDER BY service`,
    );
    return ['(unassigned)', ...rows.map((row) => row.service)];
  } finally {
    await made.drop();
  }
}

async function fill(
  store: Store,
  prefix: string,
  steps: readonly Layer[],
  asOf: string | null,
  params: Readonly<Record<string, SqlValue>>,
): Promise<Fold> {
  const filled: string[] = [];
  const table = (layer: string): string => (layer === 'known' ? knownEvents(asOf) : `${prefix}_${layer}`);
  const drop = async (): Promise<void> => {
    for (const name of filled) await store.command(`DROP TABLE IF EXISTS ${name} SYNC`);
  };
  try {
    for (const layer of steps) {
      const name = table(layer.name);
      filled.push(name);
      await store.command(`CREATE TABLE ${name} ENGINE = Memory AS ${layer.sql(table)}`, params);
    }
  } catch (error) {
    await drop();
    throw error;
  }
  return { table, drop };
}

const knownEvents = (asOf: string | null): string =>
  asOf === null
    ? 'events'
    : "(SELECT * FROM events WHERE recorded_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC'))";
