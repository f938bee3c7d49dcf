import type { Store } from '../../ingest/ports.ts';
import { deliveryKinds } from './atom.ts';
import { type Fold, newWorkbench } from './filling.ts';
import { fold, foldSources } from './fold.ts';
import { foldSubjects } from './subjects/fold.ts';
import { atomKinds, subjectKinds } from './subjects/registry.ts';
import type { AtomName, AtomTables } from './tables.ts';

/** How many folded pasts are kept: a page asks ten questions of the same as_of. */
const KEPT_PASTS = 3;

/** Atoms as they were known at past instants, folded when they are first asked for and kept for a while. */
export interface Pasts {
  with<T>(asOf: string, kinds: readonly AtomName[], use: (tables: AtomTables) => Promise<T>): Promise<T>;
  /** Lets go of all that was folded. */
  close(): Promise<void>;
}

/** What is folded together of a past: the atoms of delivery, of these only the lives of sources, or one kind of subjects. */
interface Part {
  readonly names: readonly string[];
  readonly fold: Promise<Fold>;
}

interface Past {
  readonly parts: Map<string, Part>;
  users: number;
}

/** Opens the pasts of a store; `name` keeps their scratch tables apart from those of others. */
export function openPasts(store: Store, name: string): Pasts {
  let folds = 0;
  const pasts = new Map<string, Past>();
  // Part of a past's key: one that was folded before all of its events were written is not taken again.
  const eventsBy = async (asOf: string): Promise<string> => {
    const sql = `SELECT toString(count()) AS n FROM events WHERE recorded_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC')`;
    return (await store.query<{ n: string }>(sql, { as_of: asOf }))[0]?.n ?? '0';
  };
  const foldPart = async (part: string, names: readonly string[], asOf: string): Promise<Fold> => {
    folds += 1;
    const bench = newWorkbench(`fold_${name}_past${folds}`);
    const subject = subjectKinds.find((kind) => kind.name === part);
    const made = await (subject !== undefined
      ? foldSubjects(store, bench, subject, asOf)
      : part === SOURCES
        ? foldSources(store, bench, asOf)
        : fold(store, bench, asOf, null));
    const discard = async (keep: ReadonlySet<string>): Promise<void> => {
      for (const layer of [...bench.made]) {
        if (keep.has(layer)) continue;
        await store.command(`DROP TABLE IF EXISTS ${made.table(layer)} SYNC`);
        bench.made.delete(layer);
      }
    };
    // The steps before the atoms are not asked for again.
    await discard(new Set(names));
    return { table: made.table, drop: () => discard(new Set()) };
  };
  const drop = async (past: Past): Promise<void> => {
    for (const part of past.parts.values()) await part.fold.then((made) => made.drop()).catch(() => undefined);
  };
  const settle = async (): Promise<void> => {
    for (const [key, past] of pasts) {
      if (pasts.size <= KEPT_PASTS) return;
      if (past.users > 0) continue;
      pasts.delete(key);
      await drop(past);
    }
  };

  return {
    async with(asOf, kinds, use) {
      const key = `${asOf} ${await eventsBy(asOf)}`;
      const past = pasts.get(key) ?? { parts: new Map<string, Part>(), users: 0 };
      pasts.set(key, past);
      past.users += 1;
      try {
        const chosen = partsOf(kinds).map(([name, names]) => {
          // The atoms of delivery tell the lives of sources too.
          const part = (name === SOURCES ? past.parts.get(DELIVERY) : undefined) ?? past.parts.get(name);
          if (part !== undefined) return part;
          const begun = { names, fold: foldPart(name, names, asOf) };
          past.parts.set(name, begun);
          return begun;
        });
        const folds = await Promise.all(chosen.map((part) => part.fold));
        const made = chosen.map((part, index) => ({ names: part.names, table: folds[index]!.table }));
        return await use(tablesOf(made));
      } catch (error) {
        // Whether a fold or the question failed: the next one folds again.
        if (pasts.get(key) === past) pasts.delete(key);
        throw error;
      } finally {
        past.users -= 1;
        if (past.users === 0 && pasts.get(key) !== past) await drop(past);
        await settle();
      }
    },
    async close() {
      for (const past of pasts.values()) await drop(past);
      pasts.clear();
    },
  };
}

const DELIVERY = 'delivery';
const SOURCES = 'sources';

/** What must be folded for some kinds, with the names of the kinds that each part gives. */
function partsOf(kinds: readonly AtomName[]): readonly (readonly [string, readonly string[]])[] {
  const asked = new Set<string>(kinds);
  const delivery = deliveryKinds.map((kind) => kind.name);
  const subjects = subjectKinds.filter((kind) => asked.has(kind.name)).map((kind) => [kind.name, [kind.name]] as const);
  if (delivery.some((name) => name !== 'source_spans' && asked.has(name))) return [[DELIVERY, delivery], ...subjects];
  return asked.has('source_spans') ? [[SOURCES, ['source_spans']], ...subjects] : subjects;
}

/** The tables that were filled; those of kinds that were not asked for cannot be read. */
function tablesOf(made: readonly { readonly names: readonly string[]; readonly table: Fold['table'] }[]): AtomTables {
  const tables = {};
  for (const { name } of atomKinds) {
    const part = made.find(({ names }) => names.includes(name));
    Object.defineProperty(tables, name, {
      enumerable: part !== undefined,
      get() {
        if (part === undefined) throw new Error(`the past was folded without ${name}: ask for it`);
        return part.table(name);
      },
    });
  }
  return tables as AtomTables;
}
