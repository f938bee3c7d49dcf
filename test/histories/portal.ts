import { people, type Telling, teams } from './organisation.ts';
import type { Random } from './random.ts';

const DAY_MS = 86_400_000;
const regions = ['eu', 'us'] as const;

/** What people did in the portal and where they stood, by choices of its own: the rest of a history is as it was without. */
export function tellPortal(telling: Telling, random: Random): void {
  const { start, end } = telling;
  const logins = [...people, 'ADA', 'user-17'];
  const anywhere = () => random.int(start - 10 * DAY_MS, end);
  const late = () => (random.chance(0.2) ? random.int(1, 15) * DAY_MS : random.int(0, 30_000));
  for (let told = random.int(6, 14); told > 0; told -= 1) {
    const principal = random.pick(logins);
    random.weighted([
      [
        6,
        () => {
          const team = random.chance(0.3) ? { team: random.pick(teams) } : {};
          const action = { principal, action: random.pick(['navigate', 'click']), ...team };
          telling.fact('portal.action', anywhere(), action, 'backstage', late());
        },
      ],
      [1, () => telling.fact('doc.viewed', anywhere(), { principal, document: 'runbook' }, 'backstage', late())],
      [1, () => telling.fact('search.performed', anywhere(), { principal, results: 3 }, 'backstage', late())],
      [
        1,
        () => {
          const identities = random.chance(0.5) ? ['user-17'] : [];
          const team = random.chance(0.7) ? { team: random.pick(teams) } : {};
          const person = { person: random.pick(['ada', 'Grace']), identities, ...team };
          telling.fact('person.defined', anywhere(), person, 'workspace', late());
        },
      ],
      [
        1,
        () => {
          const person = {
            person: random.pick(['ada', 'grace']),
            team: random.pick(teams),
            region: random.pick(regions),
          };
          telling.fact(random.pick(['person.joined', 'person.moved']), anywhere(), person, 'workspace', late());
        },
      ],
    ])();
  }
}
