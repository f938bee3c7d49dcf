import { type AtomKind, deliveryKinds, keyColumns } from './atom.ts';
import type { Layer } from './layer.ts';

/** The number of a refresh, as a layer: statements with parameters cannot run side by side in the embedded engine. */
export const refreshLayer: Layer = { name: 'refresh', sql: () => 'SELECT {refreshed:UInt64} AS refreshed' };

/** Stores the deliveries that were folded, a statement per kind; `scoped`: only those of the services that were asked for. */
export const storing = (scoped: boolean): readonly Layer[] =>
  deliveryKinds.map((kind) => {
    if (!scoped) return storingOf(kind, () => '1');
    // Sources as a whole stand without a service: they are always made anew.
    const asked: Layer['sql'] = (table) =>
      `(service = '' OR lower(service) IN (SELECT name FROM ${table('scope_asked')}))`;
    // By the spelling that is stored, which the order of the table finds: all of it would be read by any other.
    const stored: Layer['sql'] = (table) =>
      `service IN (SELECT service FROM (SELECT DISTINCT service FROM ${kind.name}) WHERE ${asked(table)})`;
    return storingOf(kind, asked, stored);
  });

/**
 * Writes what the fold made of a kind, and voids those stored atoms, of those that are `mine`, that it did not make; `stored`
 * says the same of what is stored, where that can be found faster.
 */
export const storingOf = (kind: AtomKind, mine: Layer['sql'], stored = mine): Layer => ({
  name: `store ${kind.name}`,
  sql: (table) => {
    const columns = Object.keys(kind.columns).join(', ');
    const key = keyColumns(kind).join(', ');
    const from = table(kind.name);
    const refreshed = `(SELECT refreshed FROM ${table('refresh')})`;
    return `INSERT INTO ${kind.name} (${columns}, refreshed, voided)
    SELECT ${columns}, ${refreshed}, 0 FROM ${from} WHERE ${mine(table)}
    UNION ALL
    SELECT ${columns}, ${refreshed}, 1 FROM ${kind.name} FINAL
    WHERE ${stored(table)} AND (${key}) NOT IN (SELECT ${key} FROM ${from})`;
  },
});

/** Voids the stored atoms that no refresh since `{refreshed:UInt64}` made. */
export const voidOlderSql = (kind: AtomKind): string => {
  const columns = Object.keys(kind.columns).join(', ');
  return `INSERT INTO ${kind.name} (${columns}, refreshed, voided)
    SELECT ${columns}, {refreshed:UInt64}, 1 FROM ${kind.name} FINAL WHERE refreshed < {refreshed:UInt64}`;
};
