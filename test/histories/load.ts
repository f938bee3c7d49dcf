import { teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * What is used at odd minutes, for less than an hour and for more than a month, at the same time as others. Drawn apart from what
 * else happens.
 */
export function tellLoad(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x510e527f);
  const days = Math.floor((end - start) / DAY_MS);
  const iso = (at: number): string => new Date(at).toISOString();
  for (let told = random.int(0, 25); told > 0; told -= 1) {
    // In twentieths of an hour, which are exact to the 10⁻⁹ that sums are told to (R70).
    const from = start + random.int(0, days) * DAY_MS + 3 * random.int(0, 479) * MINUTE_MS;
    const minutes = random.pick([3, 21, 60, 96, 600, 1_440, 6_999, 31 * 1_440, 31 * 1_440 + 3]);
    const usage = {
      usage_id: `u${random.int(35, 60)}`,
      resource: random.pick(['cpu', 'cpu', 'CPU', 'memory']),
      from: iso(from),
      to: iso(from + minutes * MINUTE_MS),
      used: random.int(0, 50) / 10,
      allocated: random.int(0, 40) / 8,
      ...(random.chance(0.6) ? { service_id: random.pick(['api', 'Shop', 'nobody']) } : {}),
      ...(random.chance(0.5) ? { team: random.pick(teams) } : {}),
    };
    const recordedAt = iso(from + random.pick([1_000, DAY_MS, 15 * DAY_MS]));
    story.tell('usage.recorded', iso(from), usage, { source: 'books', recordedAt });
  }
}
