import { normaliseDelivery } from '../../ingest/normalise.ts';
import { HISTORY_TYPE } from '../../ingest/sources/history.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { post, type ServerAddress, ServerRefused } from '../client.ts';
import type { Checkpoint, CheckpointFile, SeenRollout } from './checkpoint.ts';

/** One thing that an API told, as the source's `history` reads it. */
export type HistoryRecord = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** What was read at once. When its records are durable, reading goes on at `next`. */
export interface Page {
  readonly records: readonly HistoryRecord[];
  /** Rollouts among them, newly read. */
  readonly rollouts?: readonly SeenRollout[];
  /** Where to go on if the process is killed now; null: at the step's beginning. */
  readonly next: string | null;
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  /** Rollouts that could not be compared with the one before. */
  readonly incomparable?: number;
}

/** What a backfill is about. Instants are UTC ISO; half-open. */
export interface Span {
  readonly since: string;
  readonly until: string;
}

/** One kind of thing, read from the newest or the oldest on. */
export interface Step {
  readonly name: string;
  /** What is counted, for people. */
  readonly unit: string;
  read(span: Span, from: string | null, rollouts: readonly SeenRollout[]): AsyncIterable<Page>;
}

/** A repository whose API can be read. */
export interface Forge {
  readonly source: Source;
  /** The part of a delivery that is not records: whose they are. */
  readonly of: Readonly<Record<string, unknown>>;
  /** As the forge calls it now. */
  readonly repository: string;
  readonly steps: readonly Step[];
}

export interface BackfillTask {
  readonly forge: Forge;
  readonly span: Span;
  /** What was asked for: a checkpoint of the same wish is gone on from. */
  readonly asked: string;
  readonly checkpoint: CheckpointFile;
  readonly server: ServerAddress;
  /** UTC ISO. */
  readonly now: () => string;
  readonly onProgress?: (step: Step, done: number, total: number) => void;
}

export interface Backfilled {
  readonly repository: string;
  readonly resumed: boolean;
  readonly records: number;
  /** Records that the API told in a form that cannot be read. */
  readonly unreadable: number;
  /** Rollouts whose revision could not be compared with the one before. */
  readonly incomparable: number;
  readonly span: Span;
}

/** So little that the server is held up by none for longer than a tenth of a second, on a slow machine too. */
const BATCH_RECORDS = 100;
const BATCH_BYTES = 256 * 1024;

/**
 * Reads a repository's history step by step and sends it to the server, each page durable before the next is asked for.
 * Killed at any moment, the same wish goes on where it was; a page that was sent twice changes nothing. Rejects if the API or
 * the server refuses, with words for people.
 */
export async function backfill(task: BackfillTask): Promise<Backfilled> {
  const { forge, checkpoint } = task;
  const earlier = checkpoint.load(task.asked);
  const state: Checkpoint = earlier ?? {
    version: 1,
    asked: task.asked,
    ...task.span,
    done: [],
    cursor: null,
    rollouts: [],
    records: 0,
    unreadable: 0,
    incomparable: 0,
  };
  const span = { since: state.since, until: state.until };
  const send = sender(task);
  for (const step of forge.steps) {
    if (state.done.includes(step.name)) continue;
    for await (const page of step.read(span, state.cursor, [...state.rollouts])) {
      const { sent, unreadable } = await send(page.records);
      state.records += sent;
      state.unreadable += unreadable;
      state.incomparable += page.incomparable ?? 0;
      for (const seen of page.rollouts ?? []) note(state.rollouts, seen);
      state.cursor = page.next;
      checkpoint.save(state);
      task.onProgress?.(step, page.done, page.total);
    }
    state.done.push(step.name);
    state.cursor = null;
    checkpoint.save(state);
  }
  await send([{ kind: 'until', at: span.until }]);
  checkpoint.remove();
  const { records, unreadable, incomparable } = state;
  return { repository: forge.repository, resumed: earlier !== null, records, unreadable, incomparable, span };
}

/** A page that is read again after a kill tells the same rollouts again. */
function note(rollouts: SeenRollout[], seen: SeenRollout): void {
  const at = rollouts.findIndex(
    (known) => known.rollout_id === seen.rollout_id && known.created_at === seen.created_at,
  );
  if (at < 0) rollouts.push(seen);
  else rollouts[at] = seen;
}

const MOST_TRIES = 10;

/** A server that is busy for a moment (503, 429) is asked again, after longer and longer pauses. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof ServerRefused && (error.status === 503 || error.status === 429);
      if (!isBusy || tries >= MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, tries * 500));
    }
  }
}

function sender({ forge, server, now }: BackfillTask) {
  const path = `/v1/history/${forge.source.name}`;
  const envelope = (lines: readonly string[]) =>
    `${JSON.stringify(forge.of).slice(0, -1)},"records":[${lines.join(',')}]}`;

  /** Records go as one delivery, which is taken whole or not at all: what cannot be read must not take others with it. */
  const readable = (line: string): boolean => {
    const body = Buffer.from(envelope([line]));
    const headers = { 'content-type': HISTORY_TYPE };
    const delivery = { id: '', source: forge.source.name, headers, body, received_at: now() };
    return normaliseDelivery(forge.source, delivery).outcome !== 'rejected';
  };

  return async (records: readonly HistoryRecord[]): Promise<{ sent: number; unreadable: number }> => {
    let lines: string[] = [];
    let bytes = 0;
    let sent = 0;
    let unreadable = 0;
    const flush = async () => {
      if (lines.length === 0) return;
      const answer = await patiently(() => post<{ rejected?: string }>(server, path, HISTORY_TYPE, envelope(lines)));
      if (answer.rejected !== undefined) throw new ServerRefused(`the server could not read it: ${answer.rejected}`);
      sent += lines.length;
      lines = [];
      bytes = 0;
    };
    for (const record of records) {
      const line = JSON.stringify(record);
      if (!readable(line)) {
        unreadable++;
        continue;
      }
      if (lines.length >= BATCH_RECORDS || bytes + line.length > BATCH_BYTES) await flush();
      lines.push(line);
      bytes += line.length;
    }
    await flush();
    return { sent, unreadable };
  };
}
