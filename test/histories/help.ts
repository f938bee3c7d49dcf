import { people, teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Tickets, tasks, trainings and searches, a little of each, out of order and late, drawn apart from what else happens. */
export function tellHelp(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x2545f491);
  const iso = (at: number): string => new Date(at).toISOString();
  const tell = (
    type: Parameters<Story['tell']>[0],
    at: number,
    data: Record<string, unknown>,
    source: string,
  ): void => {
    const delay = random.chance(0.2) ? random.int(1, 15) * DAY_MS : random.int(0, 30_000);
    story.tell(type, iso(at), data, { source, recordedAt: iso(at + delay) });
  };
  // Near each other, so that sessions and intents are of several events.
  const instants = Array.from({ length: 3 }, () => random.int(start - 5 * DAY_MS, end));
  const sometime = () => random.pick(instants) + random.int(-90, 90) * random.pick([0, 1, 20]) * MINUTE_MS;
  const maybe = (name: string, values: readonly unknown[]) =>
    random.chance(0.5) ? { [name]: random.pick(values) } : {};
  const principal = () => random.pick(people);
  for (let told = random.int(8, 16); told > 0; told -= 1) {
    random.weighted([
      [
        4,
        () => {
          const state = random.pick(['created', 'created', 'responded', 'escalated', 'resolved', 'reopened'] as const);
          const ticket = {
            ticket_id: `T-${random.int(1, 3)}`,
            ...maybe('kind', ['create-repository', 'advice']),
            ...maybe('principal', people),
            ...maybe('team', teams),
            ...maybe('tier', [0, 1, 2, 3]),
            ...maybe('actor', people),
            ...maybe('actor_kind', ['human', 'bot']),
          };
          tell(`ticket.${state}`, sometime(), ticket, 'helpdesk');
        },
      ],
      [
        2,
        () => {
          const task = {
            task_id: `${random.int(1, 3)}`,
            kind: random.pick(['create-repository', 'database']),
            principal: principal(),
            ...maybe('team', teams),
            ...maybe('channel', ['portal', 'Ticket']),
            ...maybe('human_touch', [true, false]),
          };
          if (random.chance(0.4)) tell('task.requested', sometime(), task, 'portal');
          else {
            const outcome = random.pick(['succeeded', 'failed', 'cancelled']);
            tell('task.finished', sometime(), { ...task, outcome }, 'portal');
          }
        },
      ],
      [
        3,
        () => {
          const search = { principal: principal(), ...maybe('team', teams) };
          const document = maybe('document', ['guide', 'faq']);
          random.weighted([
            [2, () => tell('search.performed', sometime(), { ...search, ...maybe('results', [0, 4]) }, 'docs')],
            [1, () => tell('search.clicked', sometime(), { ...search, ...document }, 'docs')],
            [
              1,
              () => {
                const view = { ...search, document: 'guide', ...maybe('dwell_seconds', [3, 60]) };
                tell('doc.viewed', sometime(), view, 'docs');
              },
            ],
          ])();
        },
      ],
      [
        2,
        () => {
          const training = {
            person: random.pick(['ada', 'grace']),
            course: random.pick(['Security', 'security']),
            ...maybe('assignment_id', ['1', '2']),
            ...maybe('team', teams),
          };
          if (random.chance(0.5)) {
            const due_at = new Date(random.pick(instants) + 2 * DAY_MS).toISOString();
            tell('training.assigned', sometime(), { ...training, due_at }, 'academy');
          } else tell('training.completed', sometime(), { ...training, ...maybe('passed', [true, false]) }, 'academy');
        },
      ],
    ])();
  }
}
