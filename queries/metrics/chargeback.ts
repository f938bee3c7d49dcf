import { UNASSIGNED } from '../atoms/sql.ts';
import { costs } from '../atoms/subjects/costs.ts';
import type { AtomName, AtomTables } from '../atoms/tables.ts';
import type { Items, OptionSpec, Options, Scope } from '../metric.ts';

/** By what shared cost is charged to services (metrics.md §4.6). */
export const chargebackOptions: Readonly<Record<string, OptionSpec>> = {
  chargeback: {
    type: 'choice',
    values: ['none', 'used', 'allocated', 'shares'],
    default: 'none',
    text: 'Charges costs of no service and no team to services: by what each used or was allocated of a resource in the period of the cost, or by the shares in costs.yaml of the workspace.',
  },
  chargeback_resource: {
    type: 'choice',
    values: ['cpu', 'memory', 'gpu'],
    default: 'cpu',
    text: 'The resource whose use or allocation is the key of chargeback.',
  },
};

/** Kinds of atoms that charging shared cost reads. */
export const chargebackReads = ({ chargeback }: Options): readonly AtomName[] =>
  chargeback === 'none' ? [] : chargeback === 'shares' ? ['service_spans'] : ['service_spans', 'usages'];

const isShared = `service = '${UNASSIGNED}' AND team = '${UNASSIGNED}' AND excluded = ''`;
const places = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);

/** Per shared cost, whom to charge in which parts: rows of `charged_of` and `weights`. */
const weightsOf = (tables: AtomTables, { chargeback, chargeback_resource: resource }: Options): string => {
  // Shares ask for no use: a past that was folded for them has none.
  const within = `from_at >= fromUnixTimestamp64Milli({reach_start:Int64}, 'UTC') AND from_at < fromUnixTimestamp64Milli({window_end:Int64}, 'UTC')`;
  const shared = `FROM ${tables.costs} WHERE ${isShared} AND ${within}`;
  if (chargeback === 'shares')
    return `SELECT atom_id AS charged_of, arrayZip(share_services, share_weights) AS weights ${shared}`;
  const amount = chargeback === 'used' ? 'u.used' : 'u.allocated';
  const begin = 'greatest(toUnixTimestamp64Milli(u.from_at), toUnixTimestamp64Milli(c.from_at))';
  const end = 'least(toUnixTimestamp64Milli(u.to_at), toUnixTimestamp64Milli(c.to_at))';
  return `SELECT charged_of, arraySort(groupArray((used_by, weight))) AS weights FROM (
      SELECT c.atom_id AS charged_of, u.service AS used_by, toFloat64(sum(toInt128(round(${amount} * (${end} - ${begin}) * 1e3)))) AS weight
      FROM (SELECT atom_id, from_at, to_at ${shared}) AS c
      CROSS JOIN (SELECT toString(service) AS service, from_at, to_at, used, allocated FROM ${tables.usages}
        WHERE excluded = '' AND service != '${UNASSIGNED}' AND lower(resource) = '${resource}') AS u
      WHERE u.from_at < c.to_at AND u.to_at > c.from_at
      GROUP BY charged_of, used_by HAVING weight > 0
    ) GROUP BY charged_of`;
};

/**
 * Costs, shared ones cut into parts of services, each with its owner when the period began. Parts are cut in billionths, between
 * where they end, so that they add up to the cost; without a key it stays whole and unassigned.
 */
function charged(tables: AtomTables, { filters }: Scope, options: Options): string {
  const own = Object.keys(costs.columns).filter(
    (name) => name !== 'service' && name !== 'reporting_amount' && !places.includes(name),
  );
  const placed = places.map(
    (name) => `if(p.is_part, if(s.service_key = '', '${UNASSIGNED}', toString(s.${name})), p.${name}) AS ${name}`,
  );
  return `(SELECT * FROM (
    SELECT ${own.map((name) => `p.${name} AS ${name}`).join(', ')}, p.is_part AS is_part, p.part_amount AS reporting_amount,
      multiIf(NOT p.is_part, toString(p.service), s.service_key = '', p.part_service, toString(s.span_service)) AS service, ${placed.join(', ')}
    FROM (
      SELECT *, piece.1 AS part_service, lower(part_service) AS part_key, piece.2 AS part_amount FROM (
        SELECT c.*, notEmpty(w.weights) AS is_part, arrayCumSum(arrayMap(x -> x.2, w.weights)) AS upto,
          arrayMap(x -> toInt128(round(c.reporting_amount * 1e9 * (x / upto[-1]))), upto) AS cuts,
          if(is_part, arrayMap((x, cut, nth) -> (x.1, toFloat64(cut - if(nth = 1, toInt128(0), cuts[nth - 1])) / 1e9), w.weights, cuts, arrayEnumerate(cuts)),
            [('', c.reporting_amount)]) AS pieces
        FROM ${tables.costs} AS c
        LEFT JOIN (${weightsOf(tables, options)}) AS w ON w.charged_of = c.atom_id
      ) ARRAY JOIN pieces AS piece
    ) AS p
    ASOF LEFT JOIN (SELECT lower(service) AS service_key, service AS span_service, valid_from, ${places.join(', ')} FROM ${tables.service_spans} WHERE valid_from < valid_to) AS s
      ON s.service_key = p.part_key AND p.from_at >= s.valid_from
  ) WHERE ${filters})`;
}

/** What reads costs with shared ones charged as the options say; nothing to add where they are not. */
export const chargedItems = (options: Options): Partial<Items> =>
  options.chargeback === 'none'
    ? {}
    : { from: (tables, scope) => charged(tables, scope, options), part: "if(is_part, service, '')" };
