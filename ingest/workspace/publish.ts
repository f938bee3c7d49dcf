import { type EventOf, makeEvent, type NormalizedEvent } from '../event.ts';
import { contentHash, type Definition, type DefinitionType, entityOf } from './definition.ts';

/** A definition that the log already has, from whatever source. */
export interface KnownDefinition {
  readonly type: DefinitionType;
  readonly id: string;
  readonly source: string;
  /** UTC ISO. */
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Source name of all that the workspace states. */
export const WORKSPACE = 'workspace';

/**
 * The events that make the log say what the workspace says, and no more: an entity that is already known as the file has it
 * yields none, so loading twice changes nothing. A definition holds from its `since`, else from `now`; the first of an
 * entity for all earlier time (metrics.md §2). `since` in the past is honoured even where other definitions are dated after
 * it: they are overruled a millisecond after they begin, and what held before `since` goes on holding before it.
 * A service that the workspace once defined and no longer does is retired at `now`; a rule that makes rollouts of runs, and what
 * is said of money, is taken back for all time; other entities stay. A workspace that defines nothing at all (a folder that is not there) retires nothing.
 */
export function definitionEvents(
  definitions: readonly Definition[],
  known: readonly KnownDefinition[],
  now: string,
): NormalizedEvent[] {
  const histories = new Map<string, KnownDefinition[]>();
  for (const one of known) {
    const entity = entityOf(one.type, one.data);
    histories.set(entity, [...(histories.get(entity) ?? []), one]);
  }
  const events: NormalizedEvent[] = [];
  const wanted = new Set<string>();
  for (const definition of definitions) {
    const entity = entityOf(definition.type, definition.data);
    wanted.add(entity);
    events.push(...restate(entity, definition, inOrder(histories.get(entity) ?? []), now));
  }
  for (const [entity, unordered] of definitions.length > 0 ? histories : []) {
    if (wanted.has(entity)) continue;
    const history = inOrder(unordered);
    if (entity.startsWith('rollout_rule:') || entity === 'money') events.push(...takeBack(entity, history, now));
    if (!entity.startsWith('service:')) continue;
    const last = holdingAt(history, now);
    if (!last || last.source !== WORKSPACE || last.data.retired_at) continue;
    const data = { ...last.data, retired_at: now };
    events.push(event(entity, { type: last.type, data }, now, last.id));
  }
  return events;
}

/** The latest version of these holds for all time, so it is taken back by a later one that says so. */
function takeBack(entity: string, history: readonly KnownDefinition[], now: string): NormalizedEvent[] {
  const last = history.at(-1);
  if (!last || last.source !== WORKSPACE || last.data.removed === true) return [];
  const at = now > last.occurred_at ? now : shift(last.occurred_at, 1);
  return [event(entity, { type: last.type, data: { ...last.data, removed: true } }, at, last.id)];
}

type Stated = { readonly type: DefinitionType; readonly data: Readonly<Record<string, unknown>> };

function restate(
  entity: string,
  definition: Definition,
  history: readonly KnownDefinition[],
  now: string,
): NormalizedEvent[] {
  const from = definition.since ?? now;
  const hash = contentHash(definition.data);
  const differs = (one: KnownDefinition): boolean => contentHash(one.data) !== hash;
  const first = history[0];
  if (!first) return [event(entity, definition, from, '')];

  const events: NormalizedEvent[] = [];
  const before = holdingAt(history, from) ?? first;
  if (differs(before)) {
    // Were the new one now the earliest, it would hold for all earlier time, which is the old one's.
    if (from <= first.occurred_at) events.push(event(entity, first, shift(from, -1), first.id, 'before'));
    events.push(event(entity, definition, before.occurred_at === from ? shift(from, 1) : from, before.id));
  }
  for (const later of history) {
    if (later.occurred_at <= from || !differs(later) || overruled(later, history, hash)) continue;
    events.push(event(entity, definition, shift(later.occurred_at, 1), later.id, 'after'));
  }
  return events;
}

/** True if the wanted content takes over a millisecond after `one` began: an earlier load has already seen to it. */
function overruled(one: KnownDefinition, history: readonly KnownDefinition[], hash: string): boolean {
  const next = shift(one.occurred_at, 1);
  return history.some((other) => other.occurred_at === next && contentHash(other.data) === hash);
}

function inOrder(history: readonly KnownDefinition[]): KnownDefinition[] {
  return [...history].sort((a, b) =>
    a.occurred_at === b.occurred_at ? (a.id < b.id ? -1 : 1) : a.occurred_at < b.occurred_at ? -1 : 1,
  );
}

/** The definition valid at an instant; the first one for all time before it. */
function holdingAt(history: readonly KnownDefinition[], instant: string): KnownDefinition | undefined {
  return history.findLast((one) => one.occurred_at <= instant) ?? history[0];
}

function shift(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}

function event(entity: string, stated: Stated, at: string, replaces: string, role = ''): NormalizedEvent {
  return makeEvent(
    {
      type: stated.type,
      subject: entity,
      occurred_at: at,
      key: [entity, contentHash(stated.data), replaces, ...(role === '' ? [] : [role])],
      data: stated.data as EventOf<DefinitionType>['data'],
    },
    { source: WORKSPACE, normaliser: 1, delivery_id: '' },
  ) as NormalizedEvent;
}
