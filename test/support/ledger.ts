import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Store } from '../../ingest/ports.ts';
import { answerMetric } from '../../queries/answer.ts';
import type { AnswerDeps } from '../../queries/ask.ts';
import { type Atoms, openAtoms } from '../../queries/atoms/atoms.ts';
import { EVENTS_INSERT, eventRow } from '../../queries/atoms/events.ts';
import { type Touch, touchOf } from '../../queries/atoms/scope.ts';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import { keepAnswers } from '../../queries/kept-answers.ts';
import { keepCounts } from '../../queries/kept-counts.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { parseRequest } from '../../queries/request.ts';
import { openStore } from '../../services/store.ts';

/** A fact and when the log had it. */
export interface Recorded {
  readonly event: NormalizedEvent;
  readonly recorded_at: string;
}

/** The real store, fed with recorded events as the follower would: events → rows → atoms → answers. */
export interface Ledger {
  readonly store: Store;
  readonly atoms: Atoms;
  /** Writes events in the given order; their atoms are made by `refresh` or `rebuild`. Returns what they touch. */
  write(history: readonly Recorded[]): Promise<Touch>;
  ask(metricId: string, params: Readonly<Record<string, string>>, now: string): Promise<MetricAnswer>;
  deps(now: string): AnswerDeps;
  /** Forgets everything: one store serves many tests, since a process holds one data directory. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a ledger in a directory of its own. */
export async function openLedger(reportingZone = 'UTC'): Promise<Ledger> {
  const path = mkdtempSync(join(tmpdir(), 'headway-ledger-'));
  const store = await openStore({ path });
  const atoms = openAtoms(store, 'test');
  await atoms.prepare();
  let offset = 0n;
  const keptCounts = keepCounts(store);
  const keptAnswers = keepAnswers();
  const deps = (now: string): AnswerDeps => ({
    store,
    withAtoms: atoms.withAtoms,
    keptCounts,
    keptAnswers,
    now,
    reportingZone,
  });
  return {
    store,
    atoms,
    deps,
    async write(history) {
      const rows = history.map(({ event, recorded_at }) => {
        offset += 1n;
        return eventRow(event, { partition: 0, offset, recordedAt: recorded_at });
      });
      await store.insert(EVENTS_INSERT, rows);
      return touchOf(rows);
    },
    async ask(metricId, params, now) {
      const metric = metrics.find((candidate) => candidate.id === metricId);
      if (!metric) throw new Error(`no metric ${metricId}`);
      const parsed = parseRequest(metric, params, { now, reportingZone });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const answered = await answerMetric(deps(now), metric, parsed.request);
      if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
      return answered.answer;
    },
    async clear() {
      await atoms.close();
      for (const table of ['events', 'entity_refs', ...atomKinds.map((kind) => kind.name)])
        await store.command(`TRUNCATE TABLE ${table}`);
      offset = 0n;
    },
    async close() {
      await atoms.close();
      await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
