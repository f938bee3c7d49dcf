import { teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Who is set up for work and what people ask the platform for: steps out of order, told again, at one instant and late. Drawn
 * apart from what else happens.
 */
export function tellNewcomers(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x2545f491);
  const days = Math.max(1, Math.floor((end - start) / DAY_MS));
  const instant = (): number => start + random.int(0, days) * DAY_MS + random.pick([0, 0, 9, 15]) * HOUR_MS;
  const iso = (at: number): string => new Date(at).toISOString();
  const tell = (type: Parameters<Story['tell']>[0], data: Record<string, unknown>): void => {
    const at = instant();
    story.tell(type, iso(at), data, {
      source: 'checklist',
      recordedAt: iso(at + random.pick([1_000, HOUR_MS, 4 * DAY_MS])),
    });
  };
  const team = () => (random.chance(0.5) ? { team: random.pick(teams) } : {});
  for (let n = 0; n < 12; n += 1) {
    if (random.chance(0.4)) {
      const type = random.pick(['onboarding.started', 'onboarding.completed'] as const);
      tell(type, { person: random.pick(['ann', 'bob', 'robot']), ...team() });
      continue;
    }
    const type = random.pick(['task.requested', 'task.started', 'task.finished'] as const);
    tell(type, {
      task_id: `t${random.int(1, 3)}`,
      kind: random.pick(['create-repository', 'grant-access']),
      principal: random.pick(['ada', 'ADA', 'user-17', 'ann', 'renovate[bot]']),
      ...team(),
      ...(type === 'task.finished' ? { outcome: random.pick(['succeeded', 'failed', 'cancelled']) } : {}),
    });
  }
}
