import { type AtomKind, atomKinds } from './atom.ts';
import type { Layer } from './layer.ts';

/** The number of a refresh, as a layer: statements with parameters cannot run side by side in the embedded engine. */
export const refreshLayer: Layer = { name: 'refresh', sql: () => 'SELECT {refreshed:UInt64} AS refreshed' };

/** Stores what was folded, a statement per kind; `scoped`: only the atoms of the services that were asked for. */
export const storing = (scoped: boolean): readonly Layer[] =>
  atomKinds.map((kind) => ({ name: `store ${kind.name}`, sql: (table) => storeSql(kind, scoped, table) }));

/** Writes what the fold made, and voids those stored atoms that it did not make. */
function storeSql(kind: AtomKind, scoped: boolean, table: (layer: string) => string): string {
  const columns = Object.keys(kind.columns).join(', ');
  const from = table(kind.name);
  // Sources as a whole stand without a service: they are always made anew.
  const mine = scoped ? `(service = '' OR lower(service) IN (SELECT name FROM ${table('scope_asked')}))` : '1';
  const refreshed = `(SELECT refreshed FROM ${table('refresh')})`;
  return `INSERT INTO ${kind.name} (${columns}, refreshed, voided)
    SELECT ${columns}, ${refreshed}, 0 FROM ${from} WHERE ${mine}
    UNION ALL
    SELECT ${columns}, ${refreshed}, 1 FROM ${kind.name} FINAL
    WHERE ${mine} AND (service, atom_id) NOT IN (SELECT service, atom_id FROM ${from})`;
}

/** Voids the stored atoms that no refresh since `{refreshed:UInt64}` made. */
export const voidOlderSql = (kind: AtomKind): string => {
  const columns = Object.keys(kind.columns).join(', ');
  return `INSERT INTO ${kind.name} (${columns}, refreshed, voided)
    SELECT ${columns}, {refreshed:UInt64}, 1 FROM ${kind.name} FINAL WHERE refreshed < {refreshed:UInt64}`;
};
