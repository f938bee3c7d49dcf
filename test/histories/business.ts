import { teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * What is spent, used, built and who comes and goes, a little of each: stated again otherwise, at one instant, out of order and
 * late. Drawn apart from what else happens.
 */
export function tellBusiness(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x5bd1e995);
  const days = Math.max(1, Math.floor((end - start) / DAY_MS));
  const instant = (): number => start + random.int(0, days) * DAY_MS + random.pick([0, 0, 9, 15]) * HOUR_MS;
  const iso = (at: number): string => new Date(at).toISOString();
  const maybe = (name: string, values: readonly unknown[]) =>
    random.chance(0.5) ? { [name]: random.pick(values) } : {};
  const service = () => maybe('service_id', ['api', 'API', 'shop', 'acme/lib', 'nobody']);
  const tell = (type: Parameters<Story['tell']>[0], at: number, data: Record<string, unknown>): void => {
    const recordedAt = iso(at + random.pick([1_000, HOUR_MS, 4 * DAY_MS]));
    story.tell(type, iso(at), data, { source: 'books', recordedAt });
  };
  const period = () => {
    const from = instant();
    return { from, data: { from: iso(from), to: iso(from + random.pick([-1, 0, 1, 10, 168]) * HOUR_MS) } };
  };
  const grade = () => random.int(1, 5);
  for (let n = 0; n < 20; n += 1) {
    const { from, data } = period();
    const owner = { ...service(), ...maybe('team', teams) };
    random.weighted([
      [
        2,
        () => {
          const resource = random.pick(['cpu', 'memory', 'CPU']);
          const used = random.int(0, 40) / 10;
          tell('usage.recorded', from, {
            usage_id: `u${random.int(1, 4)}`,
            resource,
            used,
            allocated: random.int(0, 4),
            ...data,
            ...owner,
          });
        },
      ],
      [
        2,
        () => {
          const amount = random.int(-1_000, 100_000) / 100;
          tell('cost.recorded', from, {
            cost_id: `c${random.int(1, 4)}`,
            amount,
            currency: 'EUR',
            ...data,
            ...owner,
            ...maybe('category', ['people', 'licence']),
          });
        },
      ],
      [
        5,
        () => {
          const grades = ['developer_impact', 'business_value', 'technical_feasibility', 'implementation_cost'];
          const given = Object.fromEntries(grades.filter(() => random.chance(0.6)).map((name) => [name, grade()]));
          const type = random.pick([
            'feature.committed',
            'feature.released',
            'feature.done',
            'feature.committed',
          ] as const);
          const share = type === 'feature.released' ? maybe('audience_share', [0.1, 0.5, 1]) : {};
          tell(type, instant(), {
            feature: `f${random.int(1, 4)}`,
            ...owner,
            ...given,
            ...share,
            ...maybe('kind', ['feature', 'feature', 'bug']),
          });
        },
      ],
      [
        4,
        () => {
          const type = random.pick(['person.joined', 'person.moved', 'person.left'] as const);
          const more =
            type === 'person.left' ? maybe('voluntary', [true, false]) : maybe('engineering', [true, true, false]);
          tell(type, instant(), {
            person: random.pick(['ann', 'bob', 'robot', 'eve']),
            ...maybe('team', teams),
            ...more,
          });
        },
      ],
    ])();
  }
}
