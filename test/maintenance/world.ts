import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import type { SloInDetail } from '../../queries/slo/slos.ts';
import { metricRoutes } from '../../services/routes/metrics.ts';
import { planningRoutes } from '../../services/routes/planning.ts';
import { newStory, type Story } from '../histories/story.ts';
import { type OpenApi, openApi } from '../support/api.ts';

/** The thirty days of the examples, and their end. */
export const march = { from: '2026-03-02T00:00Z', to: '2026-04-01T00:00Z' };
export const NOW = '2026-04-01T00:00:00.000Z';
/** Seconds of a day, and of all of {@link march}. */
export const DAY = 86_400;
export const MONTH = 30 * DAY;

/** A server on a store of its own, told events and asked over HTTP. */
export function maintenanceWorld() {
  let api: OpenApi;
  let story: Story;
  beforeAll(async () => {
    api = await openApi({
      now: () => NOW,
      async routes(server, reading) {
        await metricRoutes(server, reading.metrics);
        await planningRoutes(server, reading.judging, () => NOW);
      },
    });
  }, 120_000);
  afterAll(() => api?.close());
  beforeEach(() => {
    story = newStory();
    for (const at of ['2026-01-01T00:00Z', '2026-03-31T10:00Z', '2026-03-31T23:00Z'])
      story.tell('source.heartbeat', at, { name: 'canonical' });
  });

  async function get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const response = await api.app.inject({ method: 'GET', url: path, query });
    expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
    return response.json() as T;
  }
  const iso = (at: string): string => new Date(at).toISOString();

  return {
    story: () => story,
    service(service_id: string, team: string, at = '2026-01-01T00:00Z') {
      story.tell('service.defined', at, { service_id, team, registered_at: '2026-01-01T00:00:00.000Z' });
    },
    incident(incident_id: string, service_id: string, from: string, to: string | null) {
      story.tell('incident.detected', from, { incident_id, service_id, impact_started_at: from });
      if (to !== null) story.tell('incident.resolved', to, { incident_id, service_id });
    },
    announce(maintenance_id: string, services: string[], said: string, from: string, to: string) {
      const plan = { maintenance_id, services, starts_at: iso(from), ends_at: iso(to) };
      story.tell('maintenance.announced', said, plan);
    },
    slo(slo: string, service: string, definition: object) {
      const stated = { title: slo, service, target: 0.99, window_days: 30, slice_seconds: 3_600, ...definition };
      story.tell('slo.defined', '2026-01-01T00:00Z', { slo, public: true, definition: stated as never });
    },
    /** Hours from the first of the window on: 100 valid each, none where `bad` says nothing. */
    slices(sli: string, bad: (hour: number) => number | null) {
      for (let hour = 0; hour < 720; hour += 1) {
        const failed = bad(hour);
        if (failed === null) continue;
        const at = Date.parse(iso(march.from)) + hour * 3_600_000;
        const [from, to] = [at, at + 3_600_000].map((time) => new Date(time).toISOString()) as [string, string];
        story.tell('sli.window', from, { sli, from, to, good: 100 - failed, valid: 100 });
      }
    },
    async told(): Promise<void> {
      await api.ledger.clear();
      await api.ledger.write(story.history);
      await api.ledger.atoms.rebuild();
    },
    ask: (params: Record<string, string> = {}) =>
      get<MetricAnswer>('/v1/metrics/platform.availability', { ...march, ...params }),
    async total(params: Record<string, string> = {}): Promise<Row> {
      const { totals } = await get<MetricAnswer>('/v1/metrics/platform.availability', { ...march, ...params });
      expect(totals).toHaveLength(1);
      return totals[0]!;
    },
    level: (slo: string, query: Record<string, string> = {}) => get<SloInDetail>(`/v1/slos/${slo}`, query),
    /** What everyone may see; kept for a minute, so that only the first test to ask sees its own story. */
    status: () => api.reading.judging.publicStatus(),
    get,
  };
}
