import type { Store } from '../../ingest/ports.ts';

/** How large a store to make. Of ten events one is a rollout's end, five are merged changes and four their pushes. */
export interface Large {
  readonly events: number;
  readonly services: number;
}

const START = "toDateTime64('2024-01-01 00:00:00', 3, 'UTC')";
const DAYS = 730;

/**
 * Fills `events` with two years of an organisation, made by the engine itself: every service has a repository of its own and a
 * team of ten services; merged changes go live with the next rollout, by the position of their pushes; every hundredth rollout
 * is blamed for an incident. Kinds, keys and references are those that the consumer would have written.
 */
export async function fillLargeStore(store: Store, { events, services }: Large): Promise<void> {
  const rollouts = Math.floor(events / 10);
  const perService = Math.ceil(rollouts / services);
  const each = `INSERT INTO events (id, normaliser, type, version, source, subject, entity, occurred_at, recorded_at, log_partition, log_offset, delivery_id, refs, data)`;
  const write = async (rows: number, columns: Readonly<Record<string, string>>, settings = ''): Promise<void> => {
    const values = Object.entries({
      version: '1',
      normaliser: '1',
      log_partition: '0',
      log_offset: 'number',
      ...columns,
    })
      .map(([name, sql]) => `${sql} AS ${name}`)
      .join(', ');
    await store.command(`${each} SELECT id, normaliser, type, version, source, entity, entity, occurred_at, occurred_at + 1, log_partition, log_offset, id, refs, data::JSON(max_dynamic_paths = 256)
      FROM (SELECT ${values} FROM numbers(${rows})) ${settings} SETTINGS input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0, max_insert_threads = 2`);
  };
  const id = (kind: string) => `lower(hex(sipHash128('${kind}', number)))`;
  const service = `concat('acme/service-', toString(number % ${services}))`;
  const turn = `intDiv(number, ${services})`;
  const sha = (at: string) => `lower(hex(sipHash128('commit', number % ${services}, ${at})))`;
  // Rollout t of a service ends at t / perService of the time; its changes lie between it and the one before.
  const moment = (of: string, parts: number) =>
    `${START} + toIntervalMillisecond(toInt64((${of} + (cityHash64(number) % 1000) / 2000) * ${(DAYS * 86_400_000) / (perService * parts)}))`;
  await write(services, {
    id: id('service'),
    type: "'service.defined'",
    source: "'workspace'",
    entity: `concat('service:', ${service})`,
    occurred_at: START,
    refs: `[${service}]`,
    data: `concat('{"service_id":"', ${service}, '","repository":"', ${service}, '","team":"team-', toString(intDiv(number % ${services}, 10)), '","tier":"', toString(number % 3), '","region":"', if(number % 2 = 0, 'eu', 'us'), '"}')`,
  });
  await write(rollouts, {
    id: id('rollout'),
    type: "'deployment.finished'",
    source: "'github'",
    entity: "concat('rollout:r', toString(number))",
    occurred_at: moment(`(${turn} + 0.5)`, 1),
    refs: `[${service}]`,
    data: `concat('{"rollout_id":"r', toString(number), '","repository":"', ${service}, '","environment":"production","revision":"', ${sha(`${turn} * 4 + 3`)}, '","outcome":"', if(number % 25 = 7, 'failed', 'succeeded'), '"}')`,
  });
  const change = `concat(${service}, '#', toString(${turn}))`;
  // Four pushed changes per rollout, the fifth is known by its merge alone.
  const at = `intDiv(${turn}, 5) * 4 + least(${turn} % 5, 3)`;
  await write(rollouts * 5, {
    id: id('change'),
    type: "'change.merged'",
    source: "'github'",
    entity: `concat('change:', ${change})`,
    occurred_at: moment(turn, 5),
    refs: `[${service}]`,
    data: `concat('{"change_id":"', ${change}, '","repository":"', ${service}, '","merge_sha":"', if(${turn} % 5 = 4, ${id('lone')}, ${sha(at)}), '","opened_at":"', formatDateTime(occurred_at - toIntervalHour(1 + number % 50), '%FT%TZ'), '","author":"dev-', toString(number % 400), '","commits":[{"sha":"', ${id('head')}, '","authored_at":"', formatDateTime(occurred_at - toIntervalHour(2 + number % 60), '%FT%TZ'), '","author":"dev-', toString(number % 400), '"}]}')`,
  });
  const push = `${turn}`;
  await write(rollouts * 4, {
    id: id('push'),
    type: "'branch.pushed'",
    source: "'github'",
    entity: `concat('branch:', ${service})`,
    occurred_at: moment(push, 4),
    refs: `[${service}]`,
    data: `concat('{"repository":"', ${service}, '","branch":"main","default_branch":"main","before":"', if(${push} = 0, '${'0'.repeat(40)}', ${sha(`${push} - 1`)}), '","after":"', ${sha(push)}, '","commits":[{"sha":"', ${sha(push)}, '","authored_at":"', formatDateTime(occurred_at, '%FT%TZ'), '"}]}')`,
  });
  await write(Math.floor(rollouts / 100), {
    id: id('incident'),
    type: "'incident.detected'",
    source: "'pagerduty'",
    entity: "concat('incident:i', toString(number))",
    occurred_at: `${START} + toIntervalMillisecond(toInt64(number * ${(DAYS * 86_400_000) / Math.max(1, Math.floor(rollouts / 100))}))`,
    refs: `[${service}, concat('rollout:r', toString(number * 100)), 'caused-by:']`,
    data: `concat('{"incident_id":"i', toString(number), '","service_id":"', ${service}, '","impact":"outage","caused_by":"r', toString(number * 100), '"}')`,
  });
}
