import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { deliveryBoard } from '../../dashboards/grafana/delivery.ts';
import { variable } from '../../dashboards/grafana/infinity.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from '../api/start.ts';
import { root } from '../house/files.ts';
import { daysAgo, type Told, tell } from './world.ts';

const source = z.strictObject({ type: z.literal('yesoreyeram-infinity-datasource'), uid: z.literal('headway') });
const query = z.strictObject({
  refId: z.string(),
  type: z.literal('json'),
  source: z.literal('url'),
  parser: z.literal('backend'),
  format: z.enum(['timeseries', 'table']),
  url: z.string().startsWith('/'),
  url_options: z.strictObject({
    method: z.literal('GET'),
    data: z.literal(''),
    params: z.array(z.strictObject({ key: z.string(), value: z.string() })),
  }),
  root_selector: z.string().min(1),
  columns: z
    .array(
      z.strictObject({
        selector: z.string().min(1),
        text: z.string().min(1),
        type: z.enum(['string', 'number', 'boolean', 'timestamp']),
      }),
    )
    .min(1),
  computed_columns: z.array(z.never()),
  filters: z.array(z.never()),
  filterExpression: z.literal(''),
  summarizeExpression: z.literal(''),
  summarizeBy: z.literal(''),
  summarizeAlias: z.literal(''),
});
const board = z.looseObject({
  uid: z.string(),
  schemaVersion: z.number(),
  panels: z.array(
    z.looseObject({
      id: z.int(),
      type: z.enum(['stat', 'timeseries']),
      title: z.string().min(3),
      description: z.string().min(60),
      datasource: source,
      gridPos: z.looseObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
      fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
      targets: z.array(query.extend({ datasource: source })).length(1),
    }),
  ),
  templating: z.looseObject({
    list: z.array(
      z.looseObject({
        name: z.string(),
        query: z.union([
          z.string(),
          z.strictObject({ queryType: z.literal('infinity'), refId: z.string(), infinityQuery: query }),
        ]),
      }),
    ),
  }),
});

const file = readFileSync(join(root, 'dashboards/generated/grafana/delivery.json'), 'utf8');
const delivery = board.parse(JSON.parse(file));
const queries = [
  ...delivery.panels.flatMap((panel) => panel.targets),
  ...delivery.templating.list.flatMap((one) => (typeof one.query === 'string' ? [] : [one.query.infinityQuery])),
];

describe('the board Delivery', () => {
  it('is what the registry makes of it now, and the same each time', () => {
    const made = () => `${JSON.stringify(deliveryBoard(metrics), null, 2)}\n`;
    expect(made()).toBe(made());
    expect(file).toBe(made());
  });

  it('has a number and a course for every metric of delivery', () => {
    const asked = delivery.panels.map((panel) => panel.targets[0]!.url.replace('/v1/metrics/', ''));
    // Features are no trend to set teams side by side by: their metrics are not on the board.
    const wanted = metrics
      .filter(({ id, atom }) => /^(dora|ops|delivery)\.|^platform\.availability$/.test(id) && atom !== 'features')
      .map(({ id }) => id);
    expect(asked).toEqual(wanted.flatMap((id) => [id, id]));
  });

  it('has ids of its own, and panels that do not overlap', () => {
    const ids = delivery.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of delivery.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it('uses variables that it has, and the data source that is provisioned', () => {
    const known = new Set([...delivery.templating.list.map(({ name }) => name), '__timeFrom', '__timeTo']);
    const used = [...JSON.stringify(queries).matchAll(/\$\{?(\w+)/g)].map((match) => match[1]!);
    expect(used.length).toBeGreaterThan(0);
    for (const name of used) expect([...known]).toContain(name);
    const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as {
      configs: Record<string, { content: string }>;
    };
    const provisioned = parse(compose.configs.grafana_datasource!.content.replaceAll('$$', '$')) as {
      datasources: object[];
    };
    const [panel] = delivery.panels;
    expect(provisioned.datasources).toMatchObject([panel!.datasource]);
  });
});

describe('its queries, sent to a real server', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startEmbedded();
    await service.ready;
    const rollout = (service_id: string, days: number): Told => ({
      type: 'deployment.finished',
      occurred_at: daysAgo(days),
      data: {
        rollout_id: `${service_id}${days}`,
        service_id,
        environment: 'production',
        revision: `${days}`,
        outcome: 'succeeded',
      },
    });
    await tell(service, [
      ...['api', 'web'].map(
        (name): Told => ({
          type: 'service.defined',
          occurred_at: daysAgo(80),
          data: { service_id: name, team: `team-${name}` },
        }),
      ),
      ...[60, 40, 20, 3].flatMap((days) => [rollout('api', days), rollout('web', days)]),
      {
        type: 'incident.detected',
        occurred_at: daysAgo(19),
        data: { incident_id: 'i', service_id: 'api', impact: 'outage' },
      },
      { type: 'incident.mitigated', occurred_at: daysAgo(18), data: { incident_id: 'i' } },
      {
        type: 'maintenance.announced',
        occurred_at: daysAgo(16),
        data: { maintenance_id: 'm', services: ['api'], starts_at: daysAgo(15), ends_at: daysAgo(14) },
      },
    ]);
  });

  const expanded = (text: string, chosen: string) =>
    text
      .replace(variable('__timeFrom:date:iso'), daysAgo(90))
      .replace(variable('__timeTo:date:iso'), daysAgo(0))
      .replace(variable('grain'), 'week')
      .replace(/\$\{(team|service):csv\}/, (_, name: string) =>
        chosen === '*' ? '*' : `${name === 'team' ? 'team-' : ''}${chosen}`,
      );

  it.each(['*', 'api'])('are answered with every column they name (%s)', async (chosen) => {
    for (const one of queries) {
      const params = one.url_options.params.map(({ key, value }) => [key, expanded(value, chosen)]);
      const url = `${one.url}?${new URLSearchParams(params as [string, string][])}`;
      const response = await service.app.inject({ url });
      expect(response.statusCode, `${url} ${response.body.slice(0, 300)}`).toBe(200);
      const rows = (response.json() as Record<string, Record<string, unknown>[]>)[one.root_selector];
      expect(rows?.length, url).toBeGreaterThan(0);
      for (const row of rows!) for (const { selector } of one.columns) expect(row, url).toHaveProperty(selector);
      if (one.format !== 'timeseries') continue;
      const times = rows!.map((row) => Date.parse(String(row.time)));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(rows!.map((row) => `${row.time} ${row.team}`)).size).toBe(rows!.length);
    }
  });
});
