import { newRandom } from './random.ts';
import type { Recorded, Story } from './story.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * What is planned to be under maintenance: announced early and late, put off, made longer and shorter in time or too late,
 * cancelled, completed, told twice, in all orders; many at a time, so that they meet each other, and about half of them around
 * an incident of what was `told`. Drawn apart from what else happens.
 */
export function tellMaintenance(
  story: Story,
  seed: number,
  start: number,
  end: number,
  told: readonly Recorded[],
): void {
  const random = newRandom(seed ^ 0x3c6ef372);
  const iso = (at: number): string => new Date(at).toISOString();
  const names = ['api', 'API', 'web', 'Website', 'shop', 'Shop frontend', 'acme/lib', 'acme/mono', 'nobody'];
  const incidents = told.flatMap(({ event }) => {
    if (event.type !== 'incident.detected') return [];
    const { service_id, service, repository } = event.data;
    return [{ at: Date.parse(event.occurred_at), name: service_id ?? service ?? repository }];
  });
  for (let number = random.pick([0, 0, 1, 3, 8, 12]); number > 0; number -= 1) {
    const maintenance_id = `M-${number}`;
    const incident = random.chance(0.5) && incidents.length > 0 ? random.pick(incidents) : null;
    const first =
      incident === null
        ? start + random.int(0, Math.floor((end - start) / HOUR_MS)) * HOUR_MS
        : incident.at + random.int(-240, 60) * MINUTE_MS;
    const some = random.shuffled(names).slice(0, random.pick([1, 1, 2, 4]));
    let plan = {
      services: incident?.name === undefined ? some : [incident.name, ...some.slice(1)],
      from: first,
      to: first + random.pick([20, 60, 240, 1_500, 4_321]) * MINUTE_MS,
    };
    let said = plan.from - random.pick([60, 600, 3_000, 1, 0, -1, -30]) * MINUTE_MS;
    const record = () => iso(said + random.pick([1_000, 1_000, 6 * HOUR_MS, 200 * HOUR_MS]));
    const announce = (): void => {
      const { services, from, to } = plan;
      const told = { maintenance_id, services, starts_at: iso(from), ends_at: iso(to) };
      story.tell('maintenance.announced', iso(said), told, { source: 'status', recordedAt: record() });
    };
    announce();
    for (let words = random.pick([0, 0, 1, 1, 2, 4]); words > 0; words -= 1) {
      // While it is under way, at its edges, before and after.
      said = random.pick([
        said,
        said + random.int(1, 300) * MINUTE_MS,
        plan.from,
        plan.to,
        plan.to - 1,
        plan.from + Math.floor((plan.to - plan.from) / 2),
        plan.to + random.int(0, 600) * MINUTE_MS,
      ]);
      const moved = plan.from + random.pick([0, 0, 0, 90, -90, 2_000]) * MINUTE_MS;
      const length = random.pick([1, 15, 120, 500, 3_000]) * MINUTE_MS;
      plan = {
        services: random.chance(0.7) ? plan.services : random.shuffled(names).slice(0, 2),
        from: moved,
        to: random.chance(0.3) && plan.to > moved ? plan.to : moved + length,
      };
      const change = random.weighted([
        [6, 'announced'],
        [2, 'cancelled'],
        [3, 'completed'],
      ]);
      if (change === 'announced') announce();
      else {
        const told = { source: 'status', recordedAt: record() };
        story.tell(`maintenance.${change as 'cancelled' | 'completed'}`, iso(said), { maintenance_id }, told);
      }
    }
  }
  // Some of it is told twice.
  for (const { event } of story.history.filter(() => random.chance(0.2)))
    (story.history as { event: typeof event; recorded_at: string }[]).push({
      event,
      recorded_at: iso(Date.parse(event.occurred_at) + random.int(1, 90) * HOUR_MS),
    });
  if (story.history.length > 0 && random.chance(0.7))
    for (const at of [start, (start + end) / 2, end])
      story.tell('source.heartbeat', iso(at), { name: 'status' }, { source: 'status' });
}
