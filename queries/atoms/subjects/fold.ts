import { entityKindOf } from '../../../ingest/entity.ts';
import type { Store } from '../../../ingest/ports.ts';
import { pick } from '../atom.ts';
import { catalogLayers } from '../catalog.ts';
import { factsAmong, listed, superseded } from '../facts.ts';
import { type Fold, fill, readBy, type Workbench } from '../filling.ts';
import type { Layer } from '../layer.ts';
import type { Touch } from '../scope.ts';
import { refreshLayer, storingOf } from '../storing.ts';
import type { SubjectKind } from './subject.ts';

/** Some of a kind's subjects: those named, those whose hash leaves `slice` when divided by `slices`, or all. */
export type Subjects =
  | { readonly type: 'named'; readonly entities: readonly string[] }
  | { readonly type: 'slice'; readonly slice: number; readonly slices: number }
  | { readonly type: 'all' };

/** The subjects of a kind that a batch touches, all of them where it defines what the kind reads; null if none. */
export function touchedSubjects(kind: SubjectKind, touch: Touch): Subjects | null {
  if (kind.definitions.some((type) => touch.types.has(type))) return { type: 'all' };
  if (!kind.types.some((type) => touch.types.has(type))) return null;
  return subjectsAmong(kind, touch.entities);
}

/** Those of some entities that are subjects of a kind; null if none is. */
export function subjectsAmong(kind: SubjectKind, entities: Iterable<string>): Subjects | null {
  const kinds = entityKinds(kind.types);
  const own = [...entities].filter((entity) => kinds.has(entity.slice(0, entity.indexOf(':'))));
  return own.length === 0 ? null : { type: 'named', entities: own };
}

/** Folds all subjects of a kind as they were known at `asOf`. */
export function foldSubjects(store: Store, bench: Workbench, kind: SubjectKind, asOf: string): Promise<Fold> {
  return fill(store, bench, { steps: layersOf(kind, { type: 'all' }), asOf, params: { as_of: asOf } });
}

/** Folds all that is known of some subjects of a kind and stores their atoms as the refresh of that number. */
export async function foldAndStoreSubjects(
  store: Store,
  bench: Workbench,
  kind: SubjectKind,
  subjects: Subjects,
  refreshed: string,
): Promise<void> {
  const chosen = chosenLayers[subjects.type];
  const params = {
    refreshed,
    entities: subjects.type === 'named' ? subjects.entities : [],
    ...(subjects.type === 'slice' ? { slice: subjects.slice, slices: subjects.slices } : {}),
  };
  const steps = [refreshLayer, ...chosen, ...layersOf(kind, subjects)];
  const after = [storingOf(kind, (table) => isChosen(subjects, 'subject', table))];
  const made = await fill(store, bench, { steps, after, asOf: null, params });
  await made.drop();
}

/** How many subjects of a kind there are, as a row with `n`. */
export const countSubjectsSql = (kind: SubjectKind): string =>
  `SELECT toString(uniq(entity)) AS n FROM events WHERE ${aboutAny(kind.types)}`;

/** Every statement of a kind's folds: what its atoms are made by. */
export const subjectRules = (kind: SubjectKind): readonly string[] =>
  layersOf(kind, { type: 'all' }).map((layer) => layer.sql((name) => name));

/** What stands for the chosen subjects. A layer, because statements with parameters cannot run side by side. */
const chosenLayers: Readonly<Record<Subjects['type'], readonly Layer[]>> = {
  named: [{ name: 'subjects', sql: () => 'SELECT arrayJoin({entities:Array(String)}) AS entity' }],
  slice: [{ name: 'subjects', sql: () => 'SELECT {slice:UInt64} AS slice, {slices:UInt64} AS slices' }],
  all: [],
};

function isChosen(subjects: Subjects, column: string, table: (layer: string) => string): string {
  if (subjects.type === 'all') return '1';
  if (subjects.type === 'named') return `${column} IN (SELECT entity FROM ${table('subjects')})`;
  const of = (name: string) => `(SELECT ${name} FROM ${table('subjects')})`;
  return `cityHash64(${column}) % ${of('slices')} = ${of('slice')}`;
}

/** The facts of the chosen subjects, the layers of the catalog that the kind reads, and the kind itself. */
function layersOf(kind: SubjectKind, subjects: Subjects): readonly Layer[] {
  const facts = factsAmong((table) => {
    const known = table('known');
    // Named ones are found by the key of `events`, which begins with the entity; the others lie side by side in it.
    const own = `SELECT * FROM ${known} WHERE ${aboutAny(kind.types)} AND ${isChosen(subjects, 'entity', table)} AND type IN (${listed(kind.types)})`;
    if (kind.definitions.length === 0) return own;
    return `${own}
        UNION ALL SELECT * FROM ${known} WHERE ${aboutAny(kind.definitions)} AND type IN (${listed(kind.definitions)})`;
  });
  // Each atom is made of the facts of its subject.
  const atoms: Layer = {
    name: kind.name,
    rowsOf: kind.types,
    columns: kind.columns,
    sql: (table) => pick(kind, kind.sql(table)),
  };
  const needed = new Set(readBy(atoms));
  // From the last to the first: a layer reads only those before it.
  const catalog = [...catalogLayers].reverse().filter((layer) => {
    if (!needed.has(layer.name)) return false;
    for (const read of readBy(layer)) needed.add(read);
    return true;
  });
  return [superseded, facts, ...catalog.reverse(), atoms];
}

const entityKinds = (types: readonly string[]): ReadonlySet<string> => new Set(types.map(entityKindOf));

/** Whether an event is about any entity that events of these kinds are about. */
const aboutAny = (types: readonly string[]): string =>
  `(${[...entityKinds(types)].map((kind) => `startsWith(entity, '${kind}:')`).join(' OR ')})`;
