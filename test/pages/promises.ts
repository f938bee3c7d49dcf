import type { PublicSlo, StatusModel } from '../../dashboards/web/status.ts';
import { random } from './random.ts';

const DAY = 86_400_000;

/** A made-up public status: six promises, one broken, one unmeasured since a week. */
export function madeUpStatus(): StatusModel {
  const next = random(11);
  const promise = (
    id: string,
    title: string,
    description: string,
    target: number,
    value: number | null,
    budgetRemaining: number | null,
    spikes: Readonly<Record<number, number>> = {},
    silentFrom = 90,
  ): PublicSlo => ({
    id,
    title,
    description,
    target,
    value,
    budgetRemaining,
    status: value === null ? 'no_data' : 'ok',
    coverage: value === null ? 0.7 : 1,
    isWorking: value === null ? null : true,
    public: true,
    days: Array.from({ length: 90 }, (_, day) => {
      const usual = next() < 0.35 ? 0 : next() * 0.75;
      const date = new Date(Date.parse('2025-08-24') + day * DAY).toISOString().slice(0, 10);
      return { date, badShare: day >= silentFrom ? null : (spikes[day] ?? usual) * (1 - target) };
    }),
  });
  return {
    now: '2025-11-21T07:58:00.000Z',
    zone: 'Europe/Berlin',
    organisation: 'Kestrel',
    windowDays: 28,
    slos: [
      promise('pipelines', 'Pipelines', 'A pipeline starts within 60 s of being queued.', 0.99, 0.9942, 0.42, {
        38: 2.4,
        78: 5.3,
      }),
      promise('portal', 'Developer portal', 'A page or call is answered without an error.', 0.999, 0.99961, 0.61, {
        46: 1.7,
        72: 3.1,
      }),
      promise('deployments', 'Deployments', 'A deployment that you ask for is accepted.', 0.999, 0.99973, 0.73, {
        25: 6,
        75: 7.5,
      }),
      promise('registry', 'Artifact registry', 'A push or pull succeeds.', 0.999, 0.9988, -0.18, { 80: 23, 81: 2.7 }),
      promise('previews', 'Preview environments', 'A preview is ready within 5 min of the request.', 0.95, 0.974, 0.49),
      promise('search', 'Documentation search', 'A search is answered within 500 ms.', 0.99, null, null, {}, 81),
    ],
    incidents: [
      {
        began: '2025-11-12T13:05:00.000Z',
        title: 'Artifact registry: pushes and pulls failed',
        text: 'A new proxy version dropped large layers. Rolled back, tried again, rolled back again.',
        lastedSeconds: 6720,
        budgetSpent: 0.84,
      },
      {
        began: '2025-11-10T08:02:00.000Z',
        title: 'Pipelines: late start for one in three',
        text: 'The runner pool could not grow past its quota.',
        lastedSeconds: 3480,
        budgetSpent: 0.19,
      },
      {
        began: '2025-11-20T15:20:00.000Z',
        title: 'Developer portal: slow answers',
        text: '',
        lastedSeconds: null,
        budgetSpent: null,
      },
    ],
  };
}
