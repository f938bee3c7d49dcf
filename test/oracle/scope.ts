import { bucketsOf, intersection, isWeekend, type Stretch, type Unit } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { compareText } from './known.ts';
import type { Question } from './question.ts';
import { canonicalJson } from './statistics.ts';
import { type Dimensions, dimensionsOf, type Item, type Options } from './summary.ts';
import { remembered, type World } from './world.ts';

/** Dimensions that a service has by its owner; the others are an atom's own. */
const ownerNames: readonly string[] = ['service', 'team', 'tier', 'region', 'product'];

/** Whether dimensions lie within filters and a group. */
export function matches(
  scope: Readonly<Record<string, readonly string[]>>,
  group: Dimensions,
  dimensions: Dimensions,
): boolean {
  return (
    Object.entries(scope).every(([name, values]) => name in dimensions && values.includes(dimensions[name]!)) &&
    Object.entries(group).every(([name, value]) => dimensions[name] === value)
  );
}

/** The spans of a service with their owners, by the ownership asked for (R30). */
export function spansOf(
  world: World,
  options: Options,
  service: string,
): { from: number; to: number; dimensions: Dimensions }[] {
  return remembered(world, `spans ${options.ownership} ${service}`, () => ownersOf(world, options, service));
}

function ownersOf(
  world: World,
  options: Options,
  service: string,
): { from: number; to: number; dimensions: Dimensions }[] {
  const spans = options.ownership === 'now' ? [] : world.catalog.spans(service);
  if (spans.length === 0) {
    const forEver = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    return [{ ...forEver, dimensions: dimensionsOf(world, options, service, Number.NEGATIVE_INFINITY) }];
  }
  return spans.map((span) => ({
    from: span.from,
    to: span.to,
    dimensions: dimensionsOf(world, options, service, Math.max(span.from, -8.64e15)),
  }));
}

/** The groups that are present: a service span of it overlaps the window, or an atom of it lies in the window. */
export function groupsOf(question: Question, world: World, zoneOf: (group: Dimensions) => string): Dimensions[] {
  const { groupBy, scope, window, options } = question;
  if (groupBy.length === 0) return [{}];
  const found = new Map<string, Dimensions>();
  const add = (dimensions: Dimensions): void => {
    const group = Object.fromEntries(groupBy.map((name) => [name, dimensions[name] ?? UNASSIGNED]));
    found.set(canonicalJson(group), group);
  };
  // Spans know owners only: where an atom's own dimension is asked for, atoms alone say what there is.
  const ownersOnly = [...groupBy, ...Object.keys(scope)].every((name) => ownerNames.includes(name));
  if (ownersOnly && question.metric.sourcesAlone !== true)
    for (const service of world.services)
      for (const span of spansOf(world, options, service))
        if (span.from < window.end && span.to > window.start && matches(scope, {}, span.dimensions))
          add(span.dimensions);
  for (const dimensions of question.metric.groups?.(question, world) ?? []) add(dimensions);
  for (const item of itemsOf(question, world))
    if (isThere(question, item, zoneOf) && matches(scope, {}, item.dimensions)) add(item.dimensions);
  return [...found.values()].sort((a, b) => {
    for (const name of groupBy) {
      const order = compareText(a[name]!, b[name]!);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** Whether an item lies in the window, in what one of its rows is about, or holds when one of them ends. */
function isThere(question: Question, { at, stands, dimensions }: Item, zoneOf: (group: Dimensions) => string): boolean {
  const { window, grain, asOf, metric } = question;
  const { reach } = metric;
  if (stands === undefined && reach === undefined) return at !== null && at >= window.start && at < window.end;
  const buckets = [window, ...bucketsOf(window, grain, zoneOf(dimensions)).map(({ asked }) => asked)];
  if (stands !== undefined) return buckets.some((bucket) => holdsAtEnd(stands, bucket, asOf));
  return buckets.some((bucket) => {
    const { start, end } = reach!(bucket, question);
    // Where only working days count, what is done on others makes no group.
    if (at !== null && question.options.per === 'working_day' && isWeekend(at, question.tz)) return false;
    return at !== null && at >= start && at < end;
  });
}

/** Whether something holds at the end of a bucket that has begun, or at as_of if that comes first. */
export function holdsAtEnd(stands: readonly Stretch[], { start, end }: Stretch, asOf: number): boolean {
  const then = Math.min(end, asOf);
  return start < asOf && stands.some((one) => one.start <= then && then < one.end);
}

/** The metric's items under the question's options. */
export function itemsOf({ id, metric, options, tz }: Question, world: World): Item[] {
  const zone = metric.isOfCohorts === true ? tz : '';
  return remembered(world, `items ${id} ${canonicalJson(options)} ${zone}`, () => metric.items(world, options, tz));
}

/** When a service was in service (metrics.md §2): registration, else its first production rollout, to retirement. */
function lifeOf(world: World, service: string): { readonly start: number | null; readonly end: number } {
  const spans = world.catalog.spans(service);
  const last = (field: string): number | null => {
    const value = spans
      .map((span) => span.data[field])
      .filter((one) => typeof one === 'string' && one !== '')
      .at(-1);
    return typeof value === 'string' ? Date.parse(value) : null;
  };
  const first = world.rollouts.find(
    (rollout) => rollout.excluded === '' && rollout.service.toLowerCase() === service.toLowerCase(),
  );
  const start = last('registered_at') ?? first?.finishedAt ?? null;
  return { start, end: last('retired_at') ?? Number.POSITIVE_INFINITY };
}

/** When a service was of a scope and in being: ever before its end, where nothing tells its beginning (D77). */
export function inBeing(
  world: World,
  options: Options,
  service: string,
  inScope: (its: Dimensions) => boolean,
): Stretch[] {
  const { start, end } = lifeOf(world, service);
  const life = { start: start ?? Number.NEGATIVE_INFINITY, end };
  return spansOf(world, options, service)
    .filter((span) => inScope(span.dimensions))
    .flatMap((span) => intersection({ start: span.from, end: span.to }, life));
}

/** The (service, unit) pairs of a scope: a unit belongs to the owner at its start. */
export function serviceUnits(
  question: Question,
  world: World,
  group: Dimensions,
  services: readonly string[],
  units: readonly Unit[],
): { service: string; unit: Unit }[] {
  const owners = ownersPart(question.scope);
  const groupOwners = ownersPart(group);
  return services.flatMap((service) => {
    const { start, end } = remembered(world, `life ${service}`, () => lifeOf(world, service));
    if (start === null) return [];
    const spans = spansOf(world, question.options, service);
    return units
      .filter((unit) => start < unit.end && end > unit.start)
      .filter((unit) => {
        const span = spans.find((one) => one.from <= unit.start && unit.start < one.to)!;
        return matches(owners, groupOwners, span.dimensions);
      })
      .map((unit) => ({ service, unit }));
  });
}

/** The part of filters or of a group that services have too. */
export function ownersPart<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => ownerNames.includes(name)));
}
