import type { Store } from '../../ingest/ports.ts';
import { sourceSpans } from './atom.ts';
import { deliveryCatalog } from './catalog.ts';
import { changeLayers } from './changes.ts';
import { containmentLayers } from './containment.ts';
import { catalogFacts, deliveryFacts, superseded } from './facts.ts';
import { failureLayers } from './failures.ts';
import { type Fold, fill, type Workbench } from './filling.ts';
import { incidentLayers } from './incidents.ts';
import { atomLayers } from './kinds.ts';
import type { Layer } from './layer.ts';
import { positionLayers } from './positions.ts';
import { rolloutLayers } from './rollouts.ts';
import { scopeLayers, type Touch, touchesEverything, touchLayers } from './scope.ts';
import { sourceLayers, wholeSourceLayers } from './sources.ts';
import { UNASSIGNED } from './sql.ts';
import { refreshLayer, storing, storingOf } from './storing.ts';

/** All steps from facts to atoms of delivery, each reading those before it. */
export const layers: readonly Layer[] = [
  ...deliveryCatalog,
  ...positionLayers,
  ...rolloutLayers,
  ...changeLayers,
  ...containmentLayers,
  ...incidentLayers,
  ...failureLayers,
  ...sourceLayers,
  ...atomLayers,
];

const sourcesAlone: readonly Layer[] = [superseded, catalogFacts, ...wholeSourceLayers];

/**
 * Folds events into atoms of delivery: fills every layer as a table in memory. `asOf` null means everything known; `services` null means
 * all of them, else the atoms of these (in lower case) come out right, those of others may not.
 */
export function fold(
  store: Store,
  bench: Workbench,
  asOf: string | null,
  services: readonly string[] | null,
): Promise<Fold> {
  const scoped = services !== null;
  const steps = [superseded, ...(scoped ? scopeLayers() : []), deliveryFacts(scoped), ...layers];
  return fill(store, bench, { steps, asOf, params: { services: services ?? [], as_of: asOf ?? '' } });
}

/**
 * Folds all that is known and stores the atoms of `services` (null: all of them) as the refresh of that number. `unassigned`
 * says what is of no service where the stored atoms cannot.
 */
export async function foldAndStore(
  store: Store,
  bench: Workbench,
  services: readonly string[] | null,
  refreshed: string,
  unassigned?: Layer['sql'],
): Promise<void> {
  const scoped = services !== null;
  const steps = [
    refreshLayer,
    superseded,
    ...(scoped ? scopeLayers(unassigned) : []),
    deliveryFacts(scoped),
    ...layers,
  ];
  const params = { services: services ?? [], refreshed };
  const made = await fill(store, bench, { steps, after: storing(scoped), asOf: null, params });
  await made.drop();
}

/** Services, in lower case, whose atoms could change by what was touched, what is of none among them; null if all could. */
export async function touchedServices(store: Store, bench: Workbench, touch: Touch): Promise<string[] | null> {
  if (touchesEverything(touch)) return null;
  const params = { entities: [...touch.entities], names: [...touch.names] };
  const made = await fill(store, bench, { steps: touchLayers, asOf: null, params });
  try {
    const rows = await store.query<{ service: string }>(
      `SELECT DISTINCT service FROM ${made.table('touch_services')} ORDER BY service`,
    );
    return [...new Set([...rows.map((row) => row.service), UNASSIGNED])];
  } finally {
    await made.drop();
  }
}

/** Folds only when sources as a whole were alive, as the layer `source_spans`. */
export function foldSources(store: Store, bench: Workbench, asOf: string): Promise<Fold> {
  return fill(store, bench, { steps: sourcesAlone, asOf, params: { as_of: asOf } });
}

/** Makes the stored lives of sources as a whole anew, and nothing else. */
export async function foldAndStoreSources(store: Store, bench: Workbench, refreshed: string): Promise<void> {
  const steps = [refreshLayer, ...sourcesAlone];
  const after = [storingOf(sourceSpans, () => "service = ''")];
  const made = await fill(store, bench, { steps, after, asOf: null, params: { refreshed } });
  await made.drop();
}
