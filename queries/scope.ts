import type { SqlValue } from '../ingest/ports.ts';
import { dimensionColumns } from './atoms/atom.ts';
import type { MetricRequest } from './request.ts';

/** Dimensions that a service span has: what coverage can be told by. */
export const spanDimensions: readonly string[] = ['service', 'team', 'tier', 'region', 'product'];

/** Which rows a question is about and how they are grouped, as SQL over any atom kind that has the dimensions. */
export interface ScopeSql {
  /** Group columns in the order of group_by, as SQL expressions. */
  readonly groups: readonly string[];
  /** Condition of the filters; always true without any. */
  readonly filters: string;
  readonly params: Readonly<Record<string, SqlValue>>;
}

/** What a dimension reads where a row does not have it (reading R7). */
export const UNASSIGNED = '(unassigned)';

/** SQL of the question's filters and groups over rows that have the dimensions of `only`; the others are unassigned. */
export function scopeSql(request: MetricRequest, only: readonly string[]): ScopeSql {
  const column = (dimension: string) => {
    if (!only.includes(dimension)) return `'${UNASSIGNED}'`;
    if (dimension === 'environment_group') return `if(environment_group = '', '${UNASSIGNED}', environment_group)`;
    return request.options.ownership === 'now' && dimension in dimensionColumns ? `${dimension}_now` : dimension;
  };
  const conditions: string[] = [];
  const params: Record<string, SqlValue> = {};
  for (const [dimension, values] of Object.entries(request.filters)) {
    conditions.push(`${column(dimension)} IN {filter_${dimension}:Array(String)}`);
    params[`filter_${dimension}`] = values;
  }
  return {
    groups: request.groupBy.map(column),
    filters: conditions.length > 0 ? conditions.join(' AND ') : 'true',
    params,
  };
}

/** The part of a question that is about owners: what service spans can tell. */
export function ownersOnly(request: MetricRequest): MetricRequest {
  const filters = Object.entries(request.filters).filter(([dimension]) => spanDimensions.includes(dimension));
  const groupBy = request.groupBy.filter((dimension) => spanDimensions.includes(dimension));
  return { ...request, groupBy, filters: Object.fromEntries(filters) };
}

/** Whether service spans alone can tell which groups are present. */
export function toldBySpans(request: MetricRequest): boolean {
  return [...request.groupBy, ...Object.keys(request.filters)].every((name) => spanDimensions.includes(name));
}

/** The part of a group's keys that service spans have. */
export function spanKeys(request: MetricRequest, keys: readonly string[]): readonly string[] {
  return keys.filter((_, index) => spanDimensions.includes(request.groupBy[index]!));
}

/** One text per list of keys; the same as {@link keySql} makes. */
export function keyOf(keys: readonly string[]): string {
  return keys.map((key) => `${Buffer.byteLength(key)}:${key}`).join('');
}

/** SQL for the text of a list of key expressions. */
export function keySql(keys: readonly string[]): string {
  if (keys.length === 0) return "''";
  return `concat(${keys.map((key) => `toString(length(${key})), ':', ${key}`).join(', ')})`;
}
