import { text } from './attempts.ts';
import { UNASSIGNED } from './catalog.ts';
import { dataOf, timeOf } from './known.ts';
import { by, lastStated, personalDimensions, principalOf } from './principals.ts';
import { type ShareItem, share } from './shares.ts';
import type { Options, OracleMetric } from './summary.ts';
import { remembered, type World } from './world.ts';

const DAY_MS = 86_400_000;
const shared = { unit: 'fraction', options: {}, graceHours: 48, sourcesAlone: true, summarize: share } as const;
const TASK_FEEDS = ['task.requested', 'task.started', 'task.finished'] as const;

/** metrics.md §7.1. */
export const selfServiceMetrics: Readonly<Record<string, OracleMetric>> = {
  'platform.self_service_success': {
    ...shared,
    feeds: [...TASK_FEEDS, 'ticket.created'],
    items: (world, options) =>
      intents(world, options, (wishes) => {
        const isSpoilt = wishes.some((wish) => wish.isTicket || wish.touched);
        const hit = !isSpoilt && wishes.some((wish) => wish.outcome === 'succeeded');
        return { hit, mayCome: !hit && !isSpoilt };
      }),
  },
  'platform.self_service_share': {
    ...shared,
    feeds: [...TASK_FEEDS, 'ticket.created'],
    items: (world, options) =>
      intents(world, options, (wishes) => {
        const hit = wishes.some((wish) => !wish.isTicket);
        return { hit, mayCome: !hit };
      }),
  },
  'platform.automation_run_success': { ...shared, feeds: TASK_FEEDS, items: runs },
};

/** A task or a ticket: that somebody wanted something. */
interface Wish {
  readonly id: string;
  readonly login: string;
  readonly kind: string;
  readonly team: string;
  /** The first that was heard of it; of a ticket, its creation. */
  readonly firstAt: number;
  readonly isTask: boolean;
  /** Asked of people. */
  readonly isTicket: boolean;
  readonly touched: boolean;
  readonly outcome: string;
}

function wishesOf(world: World): Wish[] {
  return remembered(world, 'wishes', () => {
    const about = (type: string, key: string) =>
      by(
        world.events.filter((event) => event.type.startsWith(type)),
        (event) => text(dataOf(event)[key]),
      );
    const tasks = [...about('task.', 'task_id')].map(([id, events]): Wish => {
      return {
        id,
        login: lastStated(events, 'principal'),
        kind: lastStated(events, 'kind'),
        team: lastStated(events, 'team'),
        firstAt: timeOf(events[0]!),
        isTask: true,
        isTicket: lastStated(events, 'channel').toLowerCase() === 'ticket',
        touched: events.some((event) => dataOf(event).human_touch === true),
        outcome: lastStated(
          events.filter((event) => event.type === 'task.finished'),
          'outcome',
        ),
      };
    });
    const tickets = [...about('ticket.', 'ticket_id')].flatMap(([id, events]): Wish[] => {
      const created = events.find((event) => event.type === 'ticket.created');
      if (!created) return [];
      const ticket = {
        id,
        login: lastStated(events, 'principal'),
        kind: lastStated(events, 'kind'),
        team: lastStated(events, 'team'),
        firstAt: timeOf(created),
        isTask: false,
        isTicket: true,
        touched: false,
        outcome: '',
      };
      return [ticket];
    });
    return [...tasks, ...tickets].sort((a, b) => a.firstAt - b.firstAt || (a.id < b.id ? -1 : 1));
  });
}

/** R81: what one person wants of one kind, from its first on for 24 hours. */
function intentsOf(world: World): Wish[][] {
  return remembered(world, 'intents', () => {
    const running = new Map<string, Wish[]>();
    const all: Wish[][] = [];
    for (const wish of wishesOf(world)) {
      if (wish.kind === '') continue;
      const who = wish.login === '' ? `ticket ${wish.id}` : `person ${principalOf(world, wish.login).key}`;
      const key = `${who} ${wish.kind.toLowerCase()}`;
      const found = running.get(key);
      if (found && wish.firstAt < found[0]!.firstAt + DAY_MS) found.push(wish);
      else {
        const fresh = [wish];
        running.set(key, fresh);
        all.push(fresh);
      }
    }
    return all;
  });
}

function intents(
  world: World,
  options: Options,
  judge: (wishes: readonly Wish[]) => { hit: boolean; mayCome: boolean },
): ShareItem[] {
  const catalogue = new Set(
    wishesOf(world)
      .filter((wish) => !wish.isTicket)
      .map((wish) => wish.kind.toLowerCase()),
  );
  return intentsOf(world).map((wishes) => {
    const first = wishes[0]!;
    const { hit, mayCome } = judge(wishes);
    const { dimensions, ...rest } = base(world, options, first, first.firstAt);
    return {
      ...rest,
      // One kind in whatever case is one group.
      dimensions: { ...dimensions, kind: first.kind.toLowerCase() },
      excluded: askedBy(world, first) || (catalogue.has(first.kind.toLowerCase()) ? '' : 'not_in_catalogue'),
      hit,
      open: mayCome && world.asOf < first.firstAt + DAY_MS,
    };
  });
}

function runs(world: World, options: Options): ShareItem[] {
  return wishesOf(world)
    .filter((wish) => wish.isTask)
    .map((wish) => ({
      ...base(world, options, wish, wish.firstAt),
      excluded: askedBy(world, wish) || whyNoRun(wish),
      hit: wish.outcome === 'succeeded',
    }));
}

function askedBy(world: World, wish: Wish): string {
  return wish.login === '' ? '' : principalOf(world, wish.login).kind;
}

function whyNoRun(wish: Wish): string {
  if (wish.isTicket) return 'by_ticket';
  if (wish.outcome === '') return 'not_finished';
  return wish.outcome === 'cancelled' ? 'cancelled' : '';
}

function base(world: World, options: Options, wish: Wish, at: number) {
  return {
    atomId: wish.id,
    at,
    dimensions: {
      ...personalDimensions(world, options, { login: wish.login, team: wish.team, at }),
      kind: wish.kind || UNASSIGNED,
    },
  };
}
