import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row, Store } from '../../ingest/ports.ts';
import { answerMetric } from '../../queries/answer.ts';
import type { AnswerDeps } from '../../queries/ask.ts';
import { eventsDdl } from '../../queries/atoms/events.ts';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import type { AtomTables } from '../../queries/atoms/tables.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { Metric } from '../../queries/metric.ts';
import { findMetric } from '../../queries/metrics/registry.ts';
import { type MetricRequest, type Parameters, parseRequest } from '../../queries/request.ts';
import { openStore } from '../../services/store.ts';

/** Atoms put straight into tables: what the engine promises can be tested without any fold. */
export interface AtomBench {
  readonly store: Store;
  readonly tables: AtomTables;
  /** Replaces all rows of the named kinds. */
  fill(rows: Partial<Record<keyof AtomTables, readonly Row[]>>): Promise<void>;
  deps(now: string, reportingZone?: string): AnswerDeps;
  close(): Promise<void>;
}

const kindOf = new Map(atomKinds.map((kind) => [kind.name, kind]));

/** Every kind in the table of its own name. */
export const tables = Object.fromEntries(atomKinds.map((kind) => [kind.name, kind.name])) as AtomTables;

export async function openBench(): Promise<AtomBench> {
  const path = mkdtempSync(join(tmpdir(), 'headway-metrics-'));
  const store = await openStore({ path });
  for (const kind of atomKinds) {
    const columns = Object.entries(kind.columns).map(([name, type]) => `${name} ${type}`);
    await store.command(`CREATE TABLE ${kind.name} (${columns.join(', ')}) ENGINE = MergeTree ORDER BY tuple()`);
  }
  for (const ddl of eventsDdl) await store.command(ddl);
  return {
    store,
    tables,
    async fill(rows) {
      for (const name of Object.keys(tables) as (keyof AtomTables)[]) {
        await store.command(`TRUNCATE TABLE ${name}`);
        const filled = (rows[name] ?? []).map((row) => ({ ...row, ...now(row) }));
        for (const row of filled) {
          const unknown = Object.keys(row).filter((column) => !(column in kindOf.get(name)!.columns));
          if (unknown.length > 0) throw new Error(`${name} has no ${unknown.join(', ')}`);
        }
        await store.insert(`${name} SETTINGS date_time_input_format = 'best_effort'`, filled);
      }
    },
    deps(now, reportingZone = 'UTC') {
      return { store, withAtoms: (_asOf, _kinds, use) => use(tables), now, reportingZone };
    },
    async close() {
      await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Owners now are the owners then, unless the row says otherwise. */
function now(row: Row): Row {
  const owners: Row = {};
  for (const dimension of ['team', 'tier', 'region', 'product']) {
    if (dimension in row) owners[`${dimension}_now`] = row[`${dimension}_now`] ?? row[dimension];
  }
  return owners;
}

const owned = { team: 'team-a', tier: '1', region: 'eu', product: 'shop' };

export function rollout(id: string, finished_at: string, more: Row = {}): Row {
  const base = { service: 'api', atom_id: id, rollout_id: id, source: 'argocd', environment: 'prod' };
  const state = {
    environment_group: 'production',
    production: 1,
    outcome: 'succeeded',
    kind: 'change',
    planned: 'true',
  };
  const times = { finished_at, first_target_at: finished_at, rework_population: 1 };
  return { ...base, ...state, ...times, ...owned, event_ids: [`e-${id}`], ...more };
}

export function change(id: string, started_at: string, finished_at: string | null, more: Row = {}): Row {
  const service = String(more.service ?? 'api');
  const base = { service, atom_id: `${id} ${service}`, change_id: id, repository: 'acme/api', author: 'ann' };
  const times = { started_at, merged_at: started_at, finished_at, lasting_at: finished_at };
  return { ...base, ...times, environment_group: finished_at ? 'production' : '', ...owned, ...more };
}

export function incident(id: string, started_at: string, restored_at: string | null, more: Row = {}): Row {
  const base = { service: 'api', atom_id: id, incident_id: id, source: 'pagerduty', impact: 'degraded' };
  const times = { started_at, impact_started_at: started_at, detected_at: started_at, restored_at };
  return { ...base, ...times, ...owned, ...more };
}

export function service(name: string, more: Row = {}): Row {
  const base = { service: name, atom_id: name, defined: 1, first_rollout_at: '2025-01-01T00:00:00.000Z' };
  return { ...base, valid_from: '1970-01-01T00:00:00.000Z', valid_to: '2200-01-01T00:00:00.000Z', ...owned, ...more };
}

/** A source alive over a span, feeding deployments and incidents unless told otherwise. */
export function source(name: string, alive_from: string, alive_to: string, more: Row = {}): Row {
  const kinds = ['deployment.finished', 'incident.detected'];
  return { service: '', atom_id: `${name} ${alive_from}`, source: name, alive_from, alive_to, kinds, ...more };
}

export function metric(id: string): Metric {
  const found = findMetric(id);
  if (!found) throw new Error(`no metric ${id}`);
  return found;
}

export function request(id: string, parameters: Parameters, deps: AnswerDeps): MetricRequest {
  const parsed = parseRequest(metric(id), parameters, deps);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request;
}

/** The answer to valid parameters. */
export async function ask(deps: AnswerDeps, id: string, parameters: Parameters): Promise<MetricAnswer> {
  const answered = await answerMetric(deps, metric(id), request(id, parameters, deps));
  if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
  return answered.answer;
}
