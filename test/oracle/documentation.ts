import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { dataOf, timeOf } from './known.ts';
import { by, personalDimensions, principalOf } from './principals.ts';
import { share } from './shares.ts';

import {
  type Dimensions,
  durations,
  type Item,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

const PAUSE_MS = 30 * 60_000;
const shared = { options: {}, graceHours: 48, sourcesAlone: true, feeds: ['search.performed'] } as const;

/** metrics.md §7.3. */
export const documentationMetrics: Readonly<Record<string, OracleMetric>> = {
  'docs.search_success': {
    ...shared,
    unit: 'fraction',
    items: (world, options) =>
      sessionsOf(world).map((session) => ({
        ...base(session, options),
        hit: session.foundAt !== null,
        open: session.foundAt === null && !session.isOver,
      })),
    summarize: share,
  },
  'docs.time_to_find': {
    ...shared,
    unit: 'seconds',
    items: (world, options) =>
      sessionsOf(world).map((session) => {
        const item = base(session, options);
        return {
          ...item,
          excluded: item.excluded || (session.foundAt === null && session.isOver ? 'abandoned' : ''),
          duration: session.foundAt === null ? null : session.foundAt - session.beganAt,
          since: session.beganAt,
        };
      }),
    summarize: timeToFind,
  },
  'docs.zero_result_rate': {
    ...shared,
    unit: 'fraction',
    items: (world, options) =>
      sessionsOf(world).map(
        (session): CountedItem => ({
          ...base(session, options),
          zero: session.zero,
          queries: session.queries,
        }),
      ),
    summarize: zeroResults,
  },
};

/** A search session (R83). */
export interface Session {
  readonly id: string;
  readonly beganAt: number;
  readonly foundAt: number | null;
  /** Whether the pause that ends it has passed. */
  readonly isOver: boolean;
  /** bot or service; empty for a human. */
  readonly askedBy: string;
  /** Queries that state their results, and those of them that had none. */
  readonly queries: number;
  readonly zero: number;
  readonly dimensions: (options: Options) => Dimensions;
}

interface CountedItem extends Item {
  readonly zero: number;
  readonly queries: number;
}

/** R83: everybody's search sessions. */
export function sessionsOf(world: World): Session[] {
  return remembered(world, 'search sessions', () => {
    const about = world.events.filter((event) =>
      ['search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'].includes(event.type),
    );
    const readers = by(about, (event) => text(dataOf(event).principal));
    return [...readers].flatMap(([key, events]) => {
      const stretches: NormalizedEvent[][] = [];
      for (const event of events) {
        const last = stretches.at(-1)?.at(-1);
        if (last && timeOf(event) - timeOf(last) < PAUSE_MS) stretches.at(-1)!.push(event);
        else stretches.push([event]);
      }
      return stretches.flatMap((stretch) => {
        const first = stretch.findIndex((event) => event.type === 'search.performed');
        return first < 0 ? [] : [sessionOf(world, key, stretch.slice(first))];
      });
    });
  });
}

function sessionOf(world: World, key: string, events: readonly NormalizedEvent[]): Session {
  const first = events[0]!;
  const counted = events.filter((event) => event.type === 'search.performed' && dataOf(event).results !== undefined);
  const found = events.find((event) => isOpening(event) && isRight(events, event));
  const login = text(dataOf(first).principal);
  const beganAt = timeOf(first);
  const team = events.map((event) => text(dataOf(event).team)).find((one) => one !== '') ?? '';
  return {
    id: `${key} ${beganAt}`,
    beganAt,
    foundAt: found ? timeOf(found) : null,
    isOver: world.asOf >= timeOf(events.at(-1)!) + PAUSE_MS,
    askedBy: principalOf(world, login).kind,
    queries: counted.length,
    zero: counted.filter((event) => dataOf(event).results === 0).length,
    dimensions: (options) => personalDimensions(world, options, { login, team, at: beganAt }),
  };
}

function isOpening(event: NormalizedEvent): boolean {
  return event.type === 'search.clicked' || event.type === 'doc.viewed';
}

function isRight(events: readonly NormalizedEvent[], opening: NormalizedEvent): boolean {
  const openedAt = timeOf(opening);
  // Of one instant nothing follows the other, whatever the order.
  const after = events.filter((event) => timeOf(event) > openedAt);
  const fromThen = events.filter((event) => timeOf(event) >= openedAt);
  if (after.some((event) => event.type === 'search.performed' && timeOf(event) - openedAt <= 30_000)) return false;
  const document = (event: NormalizedEvent): string => text(dataOf(event).document);
  // Who does not name it may mean any.
  const same = (event: NormalizedEvent): boolean =>
    document(event) === '' || document(opening) === '' || document(event) === document(opening);
  if (fromThen.some((event) => event.type === 'doc.rated' && dataOf(event).helpful === true && same(event)))
    return true;
  const told = fromThen
    .filter((event) => event.type === 'doc.viewed' && same(event) && typeof dataOf(event).dwell_seconds === 'number')
    .map((event) => dataOf(event).dwell_seconds as number);
  if (told.length > 0) return Math.max(...told) >= 10;
  const next = after.find((event) => event.type === 'search.performed' || (isOpening(event) && !same(event)));
  return next === undefined || timeOf(next) - openedAt >= 10_000;
}

function base(session: Session, options: Options) {
  return {
    atomId: session.id,
    at: session.beganAt,
    dimensions: session.dimensions(options),
    excluded: session.askedBy,
  };
}

function timeToFind(row: RowContext): Summary {
  const told = durations(row, row.items, 1_000);
  const abandoned = told.excluded.abandoned ?? 0;
  const all = told.n + (told.openN ?? 0) + abandoned;
  return { ...told, derived: { abandonment_rate: all === 0 ? null : abandoned / all } };
}

function zeroResults(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const sum = (of: (item: CountedItem) => number): number =>
    (counted as CountedItem[]).reduce((total, item) => total + of(item), 0);
  const [numerator, denominator] = [sum((item) => item.zero), sum((item) => item.queries)];
  return {
    value: denominator === 0 ? null : numerator / denominator,
    n: counted.length,
    ci: null,
    excluded,
    notApplicable: denominator === 0,
    facts: { numerator, denominator },
  };
}
