import { DAYS, HOUR, id, iso, type Kind, type Large, login, START, teamOf } from './large.ts';

/** Services, their rollouts, changes, pushes, incidents and maintenance. */
export function deliveries({ events, services }: Large): Kind[] {
  const rollouts = Math.floor(events / 10);
  const perService = Math.ceil(rollouts / services);
  const service = `concat('acme/service-', toString(number % ${services}))`;
  const turn = `intDiv(number, ${services})`;
  const sha = (at: string) => `lower(hex(sipHash128('commit', number % ${services}, ${at})))`;
  // Rollout t of a service ends at t / perService of the time; its changes lie between it and the one before.
  const moment = (of: string, parts: number) =>
    `${START} + toIntervalMillisecond(toInt64((${of} + (cityHash64(number) % 1000) / 2000) * ${(DAYS * 24 * HOUR) / (perService * parts)}))`;
  const change = `concat(${service}, '#', toString(${turn}))`;
  // Four pushed changes per rollout in two pushes, the fifth is known by its merge alone.
  const commit = `intDiv(${turn}, 5) * 4 + least(${turn} % 5, 3)`;
  const merged = moment(turn, 5);
  const authored = `map('sha', ${id('head')}, 'authored_at', ${iso(`${merged} - toIntervalHour(2 + number % 60)`)}, 'author', ${login('number % 400')})`;
  const pushed = (at: string) => `map('sha', ${sha(at)}, 'authored_at', ${iso(moment(turn, 2))})`;
  return [
    {
      rows: services,
      type: 'service.defined',
      entity: `concat('service:', ${service})`,
      occurred_at: START,
      refs: `[${service}]`,
      data: {
        service_id: service,
        repository: service,
        team: teamOf('number'),
        tier: 'toString(number % 3)',
        region: "if(number % 2 = 0, 'eu', 'us')",
      },
    },
    {
      rows: rollouts,
      type: 'deployment.finished',
      entity: "concat('rollout:r', toString(number))",
      occurred_at: moment(`(${turn} + 0.5)`, 1),
      refs: `[${service}]`,
      data: {
        rollout_id: "concat('r', toString(number))",
        repository: service,
        environment: "'production'",
        revision: sha(`${turn} * 4 + 3`),
        outcome: "if(number % 25 = 7, 'failed', 'succeeded')",
      },
    },
    {
      rows: rollouts * 5,
      type: 'change.merged',
      entity: `concat('change:', ${change})`,
      occurred_at: merged,
      refs: `[${service}]`,
      data: {
        change_id: change,
        repository: service,
        merge_sha: `if(${turn} % 5 = 4, ${id('lone')}, ${sha(commit)})`,
        opened_at: iso(`${merged} - toIntervalHour(1 + number % 50)`),
        author: login('number % 400'),
        commits: `[${authored}]`,
      },
    },
    {
      rows: rollouts * 2,
      type: 'branch.pushed',
      entity: `concat('branch:', ${service})`,
      occurred_at: moment(turn, 2),
      refs: `[${service}]`,
      data: {
        repository: service,
        branch: "'main'",
        default_branch: "'main'",
        before: `if(${turn} = 0, '${'0'.repeat(40)}', ${sha(`${turn} * 2 - 1`)})`,
        after: sha(`${turn} * 2 + 1`),
        commits: `[${pushed(`${turn} * 2`)}, ${pushed(`${turn} * 2 + 1`)}]`,
      },
    },
    {
      rows: Math.floor(rollouts / 100),
      type: 'incident.detected',
      entity: "concat('incident:i', toString(number))",
      occurred_at: incidentAt(rollouts),
      refs: `[${service}, concat('rollout:r', toString(number * 100)), 'caused-by:']`,
      data: {
        incident_id: "concat('i', toString(number))",
        service_id: service,
        impact: "'outage'",
        impact_started_at: iso(`${incidentAt(rollouts)} - toIntervalMinute(number % 20)`),
        caused_by: "concat('r', toString(number * 100))",
      },
    },
    ...(['incident.acknowledged', 'incident.resolved'] as const).map((type, index) => ({
      rows: Math.floor(rollouts / 100),
      type,
      entity: "concat('incident:i', toString(number))",
      occurred_at: `${incidentAt(rollouts)} + toIntervalMinute(${index * 20 + 5} + number % 90 * ${index})`,
      data: { incident_id: "concat('i', toString(number))" },
    })),
    {
      rows: Math.floor(rollouts / 200),
      type: 'maintenance.announced',
      entity: "concat('maintenance:m', toString(number))",
      occurred_at: oneIn(200, rollouts),
      refs: `[${service}]`,
      data: {
        maintenance_id: "concat('m', toString(number))",
        services: `[${service}]`,
        starts_at: iso(`${oneIn(200, rollouts)} + toIntervalHour(48)`),
        ends_at: iso(`${oneIn(200, rollouts)} + toIntervalHour(49 + number % 4)`),
      },
    },
  ];
}

/** When the next of something happens that comes once in so many rollouts. */
const oneIn = (many: number, rollouts: number): string =>
  `${START} + toIntervalMillisecond(toInt64(number * ${(DAYS * 24 * HOUR) / Math.max(1, Math.floor(rollouts / many))}))`;
const incidentAt = (rollouts: number): string => oneIn(100, rollouts);
