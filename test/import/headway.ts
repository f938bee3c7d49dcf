import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { follow } from '../../ingest/follow.ts';
import { makeRecentIds, receiveCanonical } from '../../ingest/receive.ts';
import { answerMetric } from '../../queries/answer.ts';
import { openAtoms } from '../../queries/atoms/atoms.ts';
import { materialise } from '../../queries/atoms/materialise.ts';
import type { Row } from '../../queries/envelope.ts';
import { findMetric } from '../../queries/metrics/registry.ts';
import { type Parameters, parseRequest } from '../../queries/request.ts';
import { type GitImport, importGit } from '../../services/import/git.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { openStore } from '../../services/store.ts';

/** One delivered or waiting commit, as the atoms of `dora.change_lead_time` tell it. */
export interface CommitAtom {
  readonly sha: string;
  readonly change_id: string;
  readonly rollout_id: string;
  readonly merged_at: string;
  /** Why neither the change nor the commit counts; empty if it does. */
  readonly excluded: string;
}

/** An embedded Headway of its own in a temporary directory: log, store, follower and atoms, without HTTP. */
export interface Embedded {
  /** Imports a clone as the command does, and waits until the atoms are fresh. */
  import(path: string, options?: Partial<GitImport>): Promise<Awaited<ReturnType<typeof importGit>>>;
  /** Every commit of every change of the service, once per change. */
  commitAtoms(): Promise<CommitAtom[]>;
  /** Rollouts by their id: kind, commits listed, exclusion. */
  rollouts(): Promise<{ rollout_id: string; kind: string; excluded: string; first_deployment: number }[]>;
  /** The whole of a metric's totals, in one row. */
  total(metric: string, parameters: Parameters): Promise<Row>;
  /** How many events the log holds under how many ids. */
  events(): Promise<{ copies: number; ids: number }>;
  close(): Promise<void>;
}

export async function openEmbedded(now: string): Promise<Embedded> {
  const directory = mkdtempSync(join(tmpdir(), 'headway-import-'));
  const clock = { now: () => now };
  const log = await openLmdbLog({ path: join(directory, 'log'), clock });
  const store = await openStore({ path: join(directory, 'store') });
  const atoms = openAtoms(store, 'import');
  await atoms.prepare();
  const stop = new AbortController();
  const target = materialise(store, atoms, (_record, reason) => {
    throw new Error(`the log holds what is no event: ${reason}`);
  });
  const follower = follow(log, target, { group: 'import', signal: stop.signal });
  // Whoever waits next hears of a failure; until then it must not end the process.
  follower.done.catch(() => {});
  let deliveries = 0;
  const receiving = {
    log,
    clock,
    recent: makeRecentIds(100_000),
    newDeliveryId: () => `delivery-${++deliveries}`,
    secretsOf: () => [],
    allowUnsigned: true,
  };

  async function settle(): Promise<void> {
    const ends = await log.ends('headway.events');
    for (;;) {
      const taken = await target.positions();
      if ([...ends].every(([partition, end]) => end === 0n || (taken.get(partition) ?? 0n) >= end)) break;
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), follower.done]);
    }
    await follower.settled();
  }

  async function send(events: readonly object[]): Promise<void> {
    const body = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    const receipt = await receiveCanonical(receiving, { headers: { 'content-type': 'application/x-ndjson' }, body });
    if (receipt.outcome !== 'answered') throw new Error(`intake answered ${receipt.outcome}`);
    const refused = receipt.events.find(({ status }) => status === 'invalid');
    if (refused) throw new Error(`intake refused ${refused.id}: ${JSON.stringify(refused.problems)}`);
  }

  async function known(id: string): Promise<NormalizedEvent | null> {
    const rows = await store.query<{ type: string; data: string }>(
      'SELECT type, toJSONString(data) AS data FROM events WHERE id = {id:String} ORDER BY recorded_at LIMIT 1',
      { id },
    );
    const row = rows[0];
    return row ? ({ type: row.type, data: JSON.parse(row.data) } as NormalizedEvent) : null;
  }

  return {
    async import(path, options = {}) {
      const imported = await importGit({ path, repository: 'acme/clone', now, send, known, ...options });
      await settle();
      return imported;
    },
    commitAtoms: () =>
      atoms.withAtoms(null, ['rollouts', 'changes'], (tables) =>
        store.query<CommitAtom & Record<string, unknown>>(
          `SELECT sha, change_id, rollout_id, merged_at, if(excluded != '', excluded, reason) AS excluded
           FROM ${tables.changes} ARRAY JOIN commits AS sha, commit_excluded AS reason`,
        ),
      ),
    rollouts: () =>
      atoms.withAtoms(null, ['rollouts', 'changes'], (tables) =>
        store.query(`SELECT rollout_id, kind, excluded, first_deployment FROM ${tables.rollouts}`),
      ),
    async total(id, parameters) {
      const metric = findMetric(id)!;
      const parsed = parseRequest(metric, parameters, { now, reportingZone: 'UTC' });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const deps = { store, withAtoms: atoms.withAtoms, now, reportingZone: 'UTC' };
      const answered = await answerMetric(deps, metric, parsed.request);
      if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
      return answered.answer.totals[0]!;
    },
    async events() {
      const [row] = await store.query<{ copies: string; ids: string }>(
        'SELECT toString(count()) AS copies, toString(uniqExact(id)) AS ids FROM events',
      );
      return { copies: Number(row?.copies), ids: Number(row?.ids) };
    },
    async close() {
      stop.abort();
      await follower.done;
      await atoms.close();
      await store.close();
      await log.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
