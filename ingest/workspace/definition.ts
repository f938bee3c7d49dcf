import { createHash } from 'node:crypto';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { parseInstant } from '../time.ts';
import type { EventData } from '../vocabulary/vocabulary.ts';

/** The kinds of event that the workspace states. */
export type DefinitionType =
  | 'service.defined'
  | 'team.defined'
  | 'calendar.defined'
  | 'environment.defined'
  | 'rollout_rule.defined'
  | 'person.defined'
  | 'platform.defined'
  | 'source.defined'
  | 'money.defined'
  | 'objective.defined'
  | 'keyresult.defined'
  | 'slo.defined';

/** What the workspace says of one entity. `since`: from when it holds (UTC ISO); null = from when it is loaded. */
export type Definition = {
  [T in DefinitionType]: { readonly type: T; readonly since: string | null; readonly data: EventData<T> };
}[DefinitionType];

/** Which entity a definition is about: `service:cart`. Also the key of its events in the log. */
export function entityOf(type: DefinitionType, data: Readonly<Record<string, unknown>>): string {
  const field = {
    'service.defined': 'service_id',
    'team.defined': 'team',
    'calendar.defined': 'calendar',
    'environment.defined': 'name',
    'rollout_rule.defined': 'rule',
    'person.defined': 'person',
    'platform.defined': '',
    'source.defined': 'name',
    'money.defined': '',
    'objective.defined': 'objective',
    'keyresult.defined': 'key_result',
    'slo.defined': 'slo',
  }[type];
  const kind = type.slice(0, type.indexOf('.'));
  return field === '' ? kind : `${kind}:${String(data[field]).toLowerCase()}`;
}

/**
 * Digest of a definition's content. Blind to the order of keys, to absent, null and empty values, and to whether a number
 * came back as a string: so that what a store returns compares equal to what was put in.
 */
export function contentHash(data: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(data) ?? null))
    .digest('hex')
    .slice(0, 32);
}

function canonical(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => canonical(item) ?? null);
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, canonical(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A date (`2026-03-01`: its midnight in `zone`) or an instant with a zone, as UTC ISO; null if it is neither. */
export function parseSince(value: string, zone: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return parseInstant(value);
  const day = DateTime.fromISO(value, { zone });
  return day.isValid ? day.toUTC().toISO() : null;
}

/** A date or an instant from or to which something holds, as UTC ISO; it may be absent. */
export function since(timezone: string) {
  return z
    .string()
    .transform((value, context) => {
      const parsed = parseSince(value, timezone);
      if (parsed !== null) return parsed;
      context.addIssue({ code: 'custom', message: 'is neither a date nor an instant with a zone' });
      return z.NEVER;
    })
    .optional();
}
