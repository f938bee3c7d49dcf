import { teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * What a company that builds much commits to and releases, week by week, faster or slower than before: enough for a median now
 * and one before. Drawn apart from what else happens; most companies build little.
 */
export function tellRoadmap(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x3c6ef372);
  if (random.chance(0.3)) return;
  const middle = start + random.int(30, 70) * DAY_MS;
  const [before, after] = [random.int(2, 40), random.int(2, 40)];
  const owners = random.pick([teams, teams.slice(0, 1)]);
  const tell = (type: 'feature.committed' | 'feature.released', at: number, data: Record<string, unknown>): void => {
    const recordedAt = new Date(at + random.pick([1_000, 1_000, 1_000, 9 * DAY_MS])).toISOString();
    story.tell(type, new Date(at).toISOString(), data, { source: 'roadmap', recordedAt });
  };
  for (let n = random.int(30, 100); n > 0; n -= 1) {
    const data = { feature: `r${n}`, ...(random.chance(0.9) ? { team: random.pick(owners) } : {}) };
    const committed =
      start + random.int(0, Math.floor((end - start) / DAY_MS) - 1) * DAY_MS + random.int(0, 23) * HOUR_MS;
    tell('feature.committed', committed, data);
    const hours = random.int(0, 24 * (committed < middle ? before : after));
    if (random.chance(0.85)) tell('feature.released', committed + hours * HOUR_MS, data);
  }
}
