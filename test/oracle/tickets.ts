import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { calendarOf, openTime } from './business-hours.ts';
import { sameName, UNASSIGNED } from './catalog.ts';
import { sessionsOf } from './documentation.ts';
import { SKEW_MS } from './incidents.ts';
import { dataOf, timeOf } from './known.ts';
import { by, lastStated, personalDimensions, principalOf } from './principals.ts';
import { type ShareItem, share } from './shares.ts';
import { garwood, quantileWithOpen } from './statistics.ts';
import {
  type Dimensions,
  durations,
  type Item,
  isClosed,
  lengthOf,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

const TWO_WEEKS_MS = 14 * 86_400_000;
const MINUTE_MS = 60_000;
const shared = { options: {}, graceHours: 48, sourcesAlone: true, feeds: ['ticket.created'] } as const;
const timed = { closed_only: false, kaplan_meier: false } as const;

/** metrics.md §8. */
export const supportMetrics: Readonly<Record<string, OracleMetric>> = {
  'support.volume': { ...shared, unit: 'tickets', items: withSessions(() => true), summarize: volume },
  'support.first_response': {
    ...shared,
    options: { hours: 'team', ...timed },
    unit: 'minutes',
    items: responses,
    summarize: firstResponse,
  },
  'support.resolution_time': {
    ...shared,
    options: { of: 'ticket', ...timed },
    unit: 'minutes',
    items: (world, options) => (options.of === 'stay' ? stays(world, options) : resolutions(world, options)),
    summarize: (row) => durations(row, row.items, MINUTE_MS),
  },
  'support.resolution_rate': { ...shared, unit: 'fraction', items: resolvedInTime, summarize: share },
  'support.escalation_rate': { ...shared, unit: 'fraction', items: escalated, summarize: share },
  'support.tier_share': {
    ...shared,
    options: { at_tier: '2' },
    unit: 'fraction',
    items: withSessions((tier, options) => String(tier) === String(options.at_tier)),
    summarize: share,
  },
  'support.deflection': { ...shared, unit: 'fraction', items: withSessions((tier) => tier === 0), summarize: share },
};

/** A support ticket, folded (R80). */
interface Ticket {
  readonly id: string;
  readonly createdAt: number | null;
  readonly repliedAt: number | null;
  readonly resolvedAt: number | null;
  readonly wasResolved: boolean;
  readonly tier: number;
  readonly team: string;
  readonly stays: readonly { tier: number; from: number; to: number | null }[];
  readonly dimensions: (options: Options) => Dimensions;
}

function ticketsOf(world: World): Ticket[] {
  return remembered(world, 'tickets', () => {
    const about = by(
      world.events.filter((event) => event.type.startsWith('ticket.')),
      (event) => text(dataOf(event).ticket_id),
    );
    return [...about].map(([id, events]) => ticketOf(world, id, events));
  });
}

/** The tier that an event states: an escalation that names none is to 3. */
function tierOf(event: NormalizedEvent): number | null {
  const { tier } = dataOf(event);
  if (typeof tier === 'number') return tier;
  return event.type === 'ticket.escalated' ? 3 : null;
}

function ticketOf(world: World, id: string, events: readonly NormalizedEvent[]): Ticket {
  const of = (state: string): NormalizedEvent[] => events.filter((event) => event.type === `ticket.${state}`);
  const tiers = events.map(tierOf).filter((tier) => tier !== null);
  const tier = tiers.length === 0 ? 2 : Math.max(...tiers);
  const created = of('created')[0];
  const createdAt = created ? timeOf(created) : null;
  const login = lastStated(events, 'principal');
  const reply = of('responded').find((event) => !isByMachine(world, event) && !isBy(world, event, login));
  const resolved = of('resolved').at(-1);
  const reopened = of('reopened').at(-1);
  const isOpen = !resolved || (reopened !== undefined && timeOf(reopened) >= timeOf(resolved));
  const resolvedAt = isOpen ? null : timeOf(resolved);
  const kind = lastStated(events, 'kind') || UNASSIGNED;
  const team = lastStated(events, 'team');
  const at = createdAt ?? timeOf(events[0]!);
  return {
    id,
    createdAt,
    repliedAt: reply ? timeOf(reply) : null,
    resolvedAt,
    wasResolved: !isOpen,
    tier,
    team: team || personalDimensions(world, {}, { login, team, at }).team,
    stays: createdAt === null ? [] : staysOf(events, createdAt, resolvedAt),
    dimensions: (options) => ({
      ...personalDimensions(world, options, { login, team, at }),
      kind,
      support_tier: String(tier),
    }),
  };
}

function isByMachine(world: World, event: NormalizedEvent): boolean {
  const actor = text(dataOf(event).actor);
  return dataOf(event).actor_kind === 'bot' || (actor !== '' && principalOf(world, actor).kind !== '');
}

function isBy(world: World, event: NormalizedEvent, login: string): boolean {
  const actor = text(dataOf(event).actor);
  return actor !== '' && login !== '' && principalOf(world, actor).key === principalOf(world, login).key;
}

/**
 * One stay per stretch at a tier, from the creation to the last resolution. The first tier stated holds before, unless the
 * ticket was escalated to it.
 */
function staysOf(events: readonly NormalizedEvent[], createdAt: number, resolvedAt: number | null) {
  const stated = events.filter((event) => tierOf(event) !== null);
  const first = stated[0];
  const initial = !first || first.type === 'ticket.escalated' ? 2 : tierOf(first)!;
  const tierAt = (at: number): number => {
    const last = stated.findLast((event) => timeOf(event) <= at);
    return last ? tierOf(last)! : initial;
  };
  const changes = [...new Set(stated.map(timeOf))].filter(
    (at) => at > createdAt && (resolvedAt === null || at < resolvedAt),
  );
  const found: { tier: number; from: number; to: number | null }[] = [];
  for (const at of [createdAt, ...changes]) {
    const last = found.at(-1);
    if (last?.tier === tierAt(at)) continue;
    if (last) last.to = at;
    found.push({ tier: tierAt(at), from: at, to: resolvedAt });
  }
  return found;
}

function base(ticket: Ticket, options: Options) {
  return { atomId: ticket.id, at: ticket.createdAt, dimensions: ticket.dimensions(options), excluded: '' };
}

/** Tickets, and what somebody found by themselves at tier 0. */
function withSessions(isHit: (tier: number, options: Options) => boolean): OracleMetric['items'] {
  return (world, options) => [
    ...ticketsOf(world).map((ticket): ShareItem => ({ ...base(ticket, options), hit: isHit(ticket.tier, options) })),
    ...sessionsOf(world)
      .filter((session) => session.foundAt !== null && session.askedBy === '')
      .map(
        (session): ShareItem => ({
          atomId: session.id,
          at: session.beganAt,
          dimensions: { ...session.dimensions(options), kind: 'documentation', support_tier: '0' },
          excluded: '',
          hit: isHit(0, options),
        }),
      ),
  ];
}

function volume(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  return { value: counted.length, n: counted.length, ci: garwood(counted.length, 1), excluded };
}

function skewed(start: number | null, end: number | null): string {
  return start !== null && end !== null && start - end > SKEW_MS ? 'negative_duration' : '';
}

function lasting(start: number | null, end: number | null) {
  return { duration: start === null || end === null ? null : Math.max(0, end - start), since: start ?? 0 };
}

interface ResponseItem extends Item {
  readonly team: string;
}

function responses(world: World, options: Options): ResponseItem[] {
  return ticketsOf(world).map((ticket) => ({
    ...base(ticket, options),
    excluded: ticket.repliedAt === null && ticket.wasResolved ? 'no_reply' : skewed(ticket.createdAt, ticket.repliedAt),
    ...lasting(ticket.createdAt, ticket.repliedAt),
    team: ticket.team,
  }));
}

/** R80, R7: the calendar that a team names at an instant; null: it names none. */
function calendarNamed(world: World, team: string, at: number): string | null {
  const definitions = world.events.filter(
    (event) => event.type === 'team.defined' && sameName(dataOf(event).team, team),
  );
  const one = definitions.findLast((event) => timeOf(event) <= at) ?? definitions[0];
  return (one && text(dataOf(one).calendar)) || null;
}

function firstResponse(row: RowContext): Summary {
  const { options, world } = row;
  const byTeam = options.business_hours === undefined && options.hours === 'team';
  const length = (item: Item): number => {
    if (!byTeam) return lengthOf(row, item);
    const named = calendarNamed(world, (item as ResponseItem).team, item.since!);
    const calendar = named === null ? null : calendarOf(world.events, named);
    const end = typeof item.duration === 'number' ? item.since! + item.duration : world.asOf;
    return calendar === null ? Math.max(0, end - item.since!) : openTime(calendar, item.since!, end);
  };
  const { counted } = within(row.items, row);
  const closed = counted.filter(isClosed).map((item) => (item.duration as number) / MINUTE_MS);
  const open = options.closed_only === true ? 0 : counted.length - closed.length;
  const elapsed = (p: number): number | null => quantileWithOpen(closed, open, p).value;
  const without = counted.filter(
    (item) => calendarNamed(world, (item as ResponseItem).team, item.since!) === null,
  ).length;
  return {
    ...durations(row, row.items, MINUTE_MS, length),
    facts: byTeam ? { without_calendar_n: without } : {},
    derived: { elapsed: { p50: elapsed(0.5), p75: elapsed(0.75), p90: elapsed(0.9) } },
  };
}

function resolutions(world: World, options: Options): Item[] {
  return ticketsOf(world).map((ticket) => ({
    ...base(ticket, options),
    excluded: skewed(ticket.createdAt, ticket.resolvedAt),
    ...lasting(ticket.createdAt, ticket.resolvedAt),
  }));
}

function stays(world: World, options: Options): Item[] {
  return ticketsOf(world).flatMap((ticket) =>
    ticket.stays.map(({ tier, from, to }) => ({
      ...base(ticket, options),
      dimensions: { ...ticket.dimensions(options), support_tier: String(tier) },
      excluded: skewed(ticket.createdAt, ticket.resolvedAt),
      ...lasting(from, to),
    })),
  );
}

function resolvedInTime(world: World, options: Options): ShareItem[] {
  return ticketsOf(world).map((ticket) => {
    const { createdAt, resolvedAt } = ticket;
    const lasted = createdAt === null ? 0 : (resolvedAt ?? world.asOf) - createdAt;
    return {
      ...base(ticket, options),
      hit: resolvedAt !== null && lasted <= TWO_WEEKS_MS,
      open: resolvedAt === null && lasted <= TWO_WEEKS_MS,
    };
  });
}

function escalated(world: World, options: Options): ShareItem[] {
  return ticketsOf(world).map((ticket) => ({
    ...base(ticket, options),
    excluded: ticket.tier < 2 ? `tier_${ticket.tier}` : '',
    hit: ticket.tier === 3,
    open: ticket.tier === 2 && ticket.resolvedAt === null,
  }));
}
