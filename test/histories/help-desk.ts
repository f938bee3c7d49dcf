import type { Askable } from './asks.ts';
import { newTelling, people, type Telling, teams, tellCatalog, tellHours, weekendOf } from './organisation.ts';
import { tellPortal } from './portal.ts';
import { newRandom } from './random.ts';
import { newStory, type Recorded } from './story.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const owners = ['team', 'region'] as const;
const open = { closed_only: ['true', 'false'], kaplan_meier: ['true', 'false'] };

/** What is asked about {@link helpDeskHistory}. */
export const helpDeskAskable: readonly Askable[] = [
  { metric: 'support.volume', options: {}, dimensions: [...owners, 'support_tier', 'kind'] },
  {
    metric: 'support.first_response',
    options: { hours: ['team', 'team', 'all'], ...open },
    dimensions: [...owners, 'support_tier', 'kind'],
  },
  {
    metric: 'support.resolution_time',
    options: { of: ['ticket', 'stay'], ...open },
    dimensions: [...owners, 'support_tier', 'kind'],
  },
  { metric: 'support.resolution_rate', options: {}, dimensions: [...owners, 'support_tier', 'kind'] },
  { metric: 'support.escalation_rate', options: {}, dimensions: [...owners, 'kind'] },
  { metric: 'support.tier_share', options: { at_tier: ['0', '1', '2', '3'] }, dimensions: [...owners, 'kind'] },
  { metric: 'support.deflection', options: {}, dimensions: [...owners, 'kind'] },
  { metric: 'platform.self_service_success', options: {}, dimensions: [...owners, 'kind'] },
  { metric: 'platform.self_service_share', options: {}, dimensions: [...owners, 'kind'] },
  { metric: 'platform.automation_run_success', options: {}, dimensions: [...owners, 'kind'] },
  { metric: 'docs.search_success', options: {}, dimensions: owners },
  { metric: 'docs.time_to_find', options: {}, dimensions: owners },
  { metric: 'docs.zero_result_rate', options: {}, dimensions: owners },
  { metric: 'people.training_completion', options: {}, dimensions: ['team'], unfiltered: true },
];

/**
 * The help desk, the portal, the documentation and the trainings of one organisation, for some weeks around a change of
 * clocks: many of one of them in each seed, out of order, late, at one instant, stated again otherwise. The events come in
 * the order of their recording. The same seed gives the same history.
 */
export function helpDeskHistory(seed: number): Recorded[] {
  const random = newRandom(seed ^ 0x68656c70);
  const story = newStory();
  const telling = newTelling(random, story, weekendOf(seed).at, 100);
  tellCatalog(telling);
  tellHours(telling);
  tellPortal(telling, random);
  tellCalendarsOfTeams(telling);
  // Some organisations ask people, some machines, some read, some learn.
  const [tickets, tasks, reading, learning] = random.pick([
    [6, 6, 6, 6],
    [30, 4, 4, 0],
    [5, 25, 2, 4],
    [4, 0, 25, 4],
    [0, 4, 4, 30],
  ] as const);
  for (let n = 0; n < tickets; n += 1) tellTicket(telling, `T-${n}`);
  for (let n = 0; n < tasks; n += 1) tellTask(telling, `${n}`);
  for (let n = 0; n < reading; n += 1) tellReading(telling);
  for (let n = 0; n < learning; n += 1) tellTraining(telling);
  for (const name of ['helpdesk', 'portal', 'docs', 'academy'])
    if (random.chance(0.8)) {
      telling.fact('source.heartbeat', telling.start - 10 * DAY_MS, { name }, name, 0);
      telling.fact('source.heartbeat', telling.end, { name }, name, 0);
      if (random.chance(0.2)) telling.fact('source.silent', sometime(telling), { name }, name, 0);
      telling.fact('source.defined', telling.start - 20 * DAY_MS, { name, silence_days: 60 }, 'workspace', 0);
    }
  return [...story.history].sort((a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at));
}

const logins = [...people, 'ADA', 'user-17', 'linus', 'barbara', 'ken', 'dennis', 'margaret'] as const;
const kinds = ['create-repository', 'Create-Repository', 'database', 'advice'] as const;

function sometime({ random, start, end }: Telling): number {
  return start + random.int(-3, Math.floor((end - start) / DAY_MS)) * DAY_MS + random.int(0, 1_440) * MINUTE_MS;
}

function maybe({ random }: Telling, probability: number, name: string, values: readonly unknown[]) {
  return random.chance(probability) ? { [name]: random.pick(values) } : {};
}

function tellCalendarsOfTeams(telling: Telling): void {
  const { random, start, end, fact } = telling;
  for (const team of teams) {
    const calendar = () => maybe(telling, 0.8, 'calendar', ['office', 'NIGHTS', 'nowhere']);
    if (random.chance(0.8)) fact('team.defined', start - 40 * DAY_MS, { team, ...calendar() }, 'workspace', 0);
    if (random.chance(0.4)) fact('team.defined', random.int(start, end), { team, ...calendar() }, 'workspace', 0);
  }
}

/** A ticket's life, some of it unknown; a state may come before the one it follows. */
function tellTicket(telling: Telling, id: string): void {
  const { random, fact } = telling;
  const asker = maybe(telling, 0.8, 'principal', logins);
  const about = { ...asker, ...maybe(telling, 0.7, 'kind', kinds), ...maybe(telling, 0.5, 'team', teams) };
  const created = sometime(telling);
  let at = created;
  const tell = (state: string, more: Record<string, unknown> = {}): void => {
    const restated = random.chance(0.5) ? about : maybe(telling, 0.2, 'kind', kinds);
    const data = { ticket_id: id, ...restated, ...maybe(telling, 0.3, 'tier', [0, 1, 2, 2, 3]), ...more };
    fact(`ticket.${state}` as 'ticket.created', at, data, 'helpdesk');
  };
  const pass = (): void => {
    at += random.weighted([
      [1, 0],
      [1, -random.int(1, 9) * MINUTE_MS],
      [4, random.int(1, 600) * MINUTE_MS],
      [2, random.int(1, 20) * DAY_MS],
    ]);
  };
  if (!random.chance(0.05)) tell('created', about);
  if (random.chance(0.05)) tell('created', {});
  for (let steps = random.int(0, 6); steps > 0; steps -= 1) {
    pass();
    const actor = {
      ...maybe(telling, 0.8, 'actor', [...logins, ...Object.values(asker)]),
      ...maybe(telling, 0.4, 'actor_kind', ['human', 'human', 'bot']),
    };
    random.weighted([
      [4, () => tell('responded', actor)],
      [2, () => tell('escalated', actor)],
      [4, () => tell('resolved', actor)],
      [1, () => tell('reopened', actor)],
    ])();
  }
  if (random.chance(0.15)) {
    // To the millisecond, two weeks after.
    at = created + 14 * DAY_MS + random.pick([-1, 0, 1]);
    tell('resolved');
  }
}

/** Somebody wants something of one kind: of the platform, more than once perhaps, or by a ticket beside it. */
function tellTask(telling: Telling, id: string): void {
  const { random, fact } = telling;
  const principal = random.pick(logins);
  const kind = random.pick(kinds);
  const first = sometime(telling);
  for (let turn = 0; turn < random.int(1, 3); turn += 1) {
    let at = first + random.pick([0, 20 * MINUTE_MS, 23 * HOUR_MS, DAY_MS, DAY_MS - 1, 40 * HOUR_MS]);
    if (random.chance(0.25)) {
      const ticket = { ticket_id: `K-${id}-${turn}`, kind, principal, ...maybe(telling, 0.3, 'team', teams) };
      fact('ticket.created', at, ticket, 'helpdesk');
      continue;
    }
    const task = {
      task_id: `${id}-${turn}`,
      kind: random.chance(0.95) ? kind : random.pick(kinds),
      principal: random.chance(0.95) ? principal : random.pick(logins),
      ...maybe(telling, 0.4, 'team', teams),
      ...maybe(telling, 0.5, 'channel', ['portal', 'cli', 'ticket', 'Ticket']),
      ...maybe(telling, 0.4, 'human_touch', [true, false, false]),
    };
    if (random.chance(0.8)) fact('task.requested', at, task, 'portal');
    if (random.chance(0.5)) fact('task.started', at + random.int(-1, 9) * MINUTE_MS, task, 'portal');
    at += random.pick([0, 1, 90]) * MINUTE_MS;
    const outcome = random.pick(['succeeded', 'succeeded', 'succeeded', 'failed', 'cancelled', 'timed_out']);
    const ended = { ...task, outcome, ...maybe(telling, 0.2, 'human_touch', [true, false]) };
    if (random.chance(0.85)) fact('task.finished', at, ended, 'portal');
  }
}

/** Somebody searches and reads for a while, with pauses of about the length that ends a session. */
function tellReading(telling: Telling): void {
  const { random, fact } = telling;
  const who = { principal: random.pick(logins), ...maybe(telling, 0.4, 'team', teams) };
  let at = sometime(telling);
  for (let steps = random.int(1, 9); steps > 0; steps -= 1) {
    const documents = ['guide', 'faq', 'reference'];
    const document = random.pick(documents);
    random.weighted([
      [4, () => fact('search.performed', at, { ...who, ...maybe(telling, 0.7, 'results', [0, 0, 4]) }, 'docs')],
      [4, () => fact('search.clicked', at, { ...who, ...maybe(telling, 0.7, 'document', documents) }, 'docs')],
      [
        4,
        () =>
          fact(
            'doc.viewed',
            at,
            { ...who, document, ...maybe(telling, 0.4, 'dwell_seconds', [3, 9.9, 10, 60]) },
            'docs',
          ),
      ],
      [1, () => fact('doc.rated', at, { ...who, document, helpful: random.chance(0.7) }, 'docs')],
    ])();
    at += random.pick([0, 1_000, 5_000, 9_999, 10_000, 30_000, 30_001, 120_000, 30 * MINUTE_MS - 1, 30 * MINUTE_MS]);
  }
}

/** A training given, perhaps put off, completed or not; somebody leaves in the middle. */
function tellTraining(telling: Telling): void {
  const { random, fact } = telling;
  const person = random.pick(logins);
  const course = random.pick(['Security', 'security', 'First aid']);
  const about = { person, course, ...maybe(telling, 0.4, 'team', teams) };
  const assignment = () => maybe(telling, 0.3, 'assignment_id', ['1', '2']);
  const at = sometime(telling);
  const due = at + random.pick([1, 2, 7, 20]) * DAY_MS;
  const assigned = { ...about, ...assignment() };
  fact('training.assigned', at, { ...assigned, due_at: new Date(due).toISOString() }, 'academy');
  if (random.chance(0.2)) {
    const due_at = new Date(due + 3 * DAY_MS).toISOString();
    fact('training.assigned', at + DAY_MS, { ...assigned, due_at }, 'academy');
  }
  for (let times = random.pick([0, 1, 1, 2]); times > 0; times -= 1) {
    const done = random.pick([at - HOUR_MS, at, at + 5 * HOUR_MS, due, due + 1, due + DAY_MS]);
    const completed = { ...about, ...assignment(), ...maybe(telling, 0.5, 'passed', [true, true, false]) };
    fact('training.completed', done, completed, 'academy');
  }
  if (random.chance(0.15)) fact('person.left', random.pick([at, due, due + 1]), { person }, 'academy');
  if (random.chance(0.1)) fact('person.joined', random.pick([at, due, due + 1]), { person }, 'academy');
}
