import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;

/**
 * What the workspace asks of services: none, one or two SLOs by incidents, some stricter later, some to hold only in the future.
 * Drawn apart from what else happens.
 */
export function tellServiceLevels(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x7f4a7c15);
  for (let told = random.int(0, 5); told > 0; told -= 1) {
    const at = random.pick([start - 50 * DAY_MS, start + random.int(0, 30) * DAY_MS, end + 90 * DAY_MS]);
    const definition = {
      title: 'There when needed',
      service: random.pick(['api', 'API', 'shop', 'acme/lib', 'web']),
      target: random.pick([0.9, 0.95, 0.99, 0.999]),
      window_days: 30,
      sli: 'incidents',
    };
    const recordedAt = new Date(Math.min(at, end) + random.pick([0, 4 * DAY_MS])).toISOString();
    const slo = random.pick(['there', 'There', 'strict']);
    story.tell('slo.defined', new Date(at).toISOString(), { slo, definition }, { source: 'workspace', recordedAt });
  }
}
