import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What became of a delivery, as its counter's label. */
export type IntakeOutcome =
  | 'accepted'
  | 'ignored'
  | 'rejected'
  | 'unauthorized'
  | 'unreadable'
  | 'spooled'
  | 'unavailable';

/** Our own health as Prometheus reads it. */
export interface Telemetry {
  readonly registry: Registry;
  /** Counts one delivery of a source; `events` made from it, `duplicates` among them. */
  intake(source: string, outcome: IntakeOutcome, events?: number, duplicates?: number): void;
  /** One refresh of the stored atoms: how long it took and how many events it took in. */
  refreshed(seconds: number, events: number): void;
  /** Registers what is measured when Prometheus asks; it must not throw, and unknown values are left out. */
  observe(what: Observed): void;
}

/** Asked at each scrape. */
export interface Observed {
  readonly lag?: () => Promise<readonly { partition: number; records: number }[]>;
  /** Whether stored events wait to be counted. */
  readonly behind?: () => boolean;
  readonly spooled?: () => number;
  /** How far the slices of each SLO were pulled from Prometheus (epoch ms). */
  readonly pulled?: () => readonly { slo: string; until: number | null; isFailing: boolean }[];
  readonly published?: () => Promise<readonly PublishedValue[]>;
}

/** A published metric over the last 28 days; null values are left out, never drawn as zero. */
export interface PublishedValue {
  readonly metric: string;
  readonly unit: string;
  readonly value: number | null;
  readonly n: number | null;
  readonly coverage: number;
}

/** Makes an own registry, so that several servers in one process (tests) do not share counts. */
export function createTelemetry(): Telemetry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const deliveries = new Counter({
    name: 'headway_deliveries_total',
    help: 'Deliveries by source and what became of them',
    labelNames: ['source', 'outcome'],
    registers,
  });
  const events = new Counter({
    name: 'headway_events_total',
    help: 'Events written to the log by source',
    labelNames: ['source'],
    registers,
  });
  const duplicates = new Counter({
    name: 'headway_duplicate_events_total',
    help: 'Events that this process had seen before',
    labelNames: ['source'],
    registers,
  });
  const refresh = new Histogram({
    name: 'headway_refresh_duration_seconds',
    help: 'Time from taking a batch of events to fresh atoms',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60],
    registers,
  });
  const followed = new Counter({
    name: 'headway_followed_events_total',
    help: 'Events taken into the store',
    registers,
  });
  return {
    registry,
    intake(source, outcome, made = 0, repeated = 0) {
      deliveries.inc({ source, outcome });
      if (made > 0) events.inc({ source }, made);
      if (repeated > 0) duplicates.inc({ source }, repeated);
    },
    refreshed(seconds, taken) {
      refresh.observe(seconds);
      followed.inc(taken);
    },
    observe: (what) => observe(registry, what),
  };
}

function observe(registry: Registry, { lag, behind, spooled, pulled, published }: Observed): void {
  const registers = [registry];
  if (lag)
    new Gauge({
      name: 'headway_log_lag_records',
      help: 'Records in the log that the store does not have yet',
      labelNames: ['partition'],
      registers,
      async collect() {
        for (const { partition, records } of await lag()) this.set({ partition: String(partition) }, records);
      },
    });
  if (behind)
    new Gauge({
      name: 'headway_behind',
      help: '1 while events are stored that the numbers do not show yet',
      registers,
      collect() {
        this.set(behind() ? 1 : 0);
      },
    });
  if (spooled)
    new Gauge({
      name: 'headway_spool_records',
      help: 'Deliveries acknowledged and waiting for the log',
      registers,
      collect() {
        this.set(spooled());
      },
    });
  if (pulled) observePulls(registry, pulled);
  if (published) publish(registry, published);
}

function observePulls(registry: Registry, pulled: NonNullable<Observed['pulled']>): void {
  const registers = [registry];
  const labelNames = ['slo'];
  new Gauge({
    name: 'headway_slo_pulled_until_timestamp_seconds',
    help: 'Up to when the slices of an SLO were pulled from Prometheus; absent where they never were',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { slo, until } of pulled()) if (until !== null) this.set({ slo }, until / 1000);
    },
  });
  new Gauge({
    name: 'headway_slo_pull_failing',
    help: '1 while the slices of an SLO cannot be pulled from Prometheus; the SLO says why',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { slo, isFailing } of pulled()) this.set({ slo }, isFailing ? 1 : 0);
    },
  });
}

function publish(registry: Registry, published: () => Promise<readonly PublishedValue[]>): void {
  const gauge = (name: string, help: string, pick: (row: PublishedValue) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ['metric', 'unit'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const row of await published()) {
          const value = pick(row);
          if (value !== null) this.set({ metric: row.metric, unit: row.unit }, value);
        }
      },
    });
  gauge(
    'headway_metric_value',
    'A published metric of the whole organisation over the last 28 days; absent where there is no data',
    (row) => row.value,
  );
  gauge('headway_metric_n', 'Number of atoms behind it', (row) => row.n);
  gauge('headway_metric_coverage', 'Share of the window in which its sources were alive', (row) => row.coverage);
}

/** Times every request by its route's pattern, never by its address, so that labels stay few. */
export function timeRequests(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'headway_http_request_duration_seconds',
    help: 'Time to answer, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.15, 0.5, 1, 2, 5, 30],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ route, method: request.method, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
}
