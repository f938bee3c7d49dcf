import type { FastifyBaseLogger } from 'fastify';
import { type Follower, follow } from '../ingest/follow.ts';
import type { EventLog, Positions, Store } from '../ingest/ports.ts';
import type { Atoms } from '../queries/atoms/atoms.ts';
import { materialise } from '../queries/atoms/materialise.ts';
import type { Touch } from '../queries/atoms/scope.ts';
import { checkpointed, refreshStale } from './checkpoint.ts';
import type { KafkaLog } from './log/kafka-log.ts';
import { renewal } from './renewing.ts';
import type { Telemetry } from './telemetry.ts';

/** Takes the log into the store for as long as the process lives. */
export interface Following {
  /** True once everything that the log had at the start is in the store and fresh. */
  caughtUp(): boolean;
  /** Resolves when {@link caughtUp} is first true; rejects if the process stops before. */
  readonly ready: Promise<void>;
  /** True while it cannot go on (the store or the log is away) or atoms wait to be made fresh. */
  behind(): boolean;
  /** Records of the log that the store does not have yet, per partition. Empty while the log does not answer. */
  lag(): Promise<readonly { partition: number; records: number }[]>;
  /** Resolves once everything that the log has by now is in the store and fresh. */
  settled(): Promise<void>;
  /** Stops taking, does `work` on the store alone, and goes on from where the store then stands. */
  pausedFor(work: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowingDeps {
  readonly log: EventLog;
  /** The same log, if it is in Kafka, where it can be written anew. */
  readonly kafka: KafkaLog | null;
  readonly store: Store;
  readonly atoms: Atoms;
  readonly telemetry: Telemetry;
  readonly logger: FastifyBaseLogger;
}

/** The group of all processes that take the log into the store. */
export const GROUP = 'headway-events';
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
const LOOK_EVERY_MS = 1000;

/** Starts following. What fails is tried again, ever more slowly: a store that is away delays numbers and loses nothing. */
export function startFollowing(deps: FollowingDeps): Following {
  const { log, logger } = deps;
  const stopping = new AbortController();
  let round = new AbortController();
  let pausing: Promise<void> = Promise.resolve();
  let current: Promise<void> = Promise.resolve();
  const taken = new Map<number, bigint>();
  let follower: Follower | null = null;
  /** Where the store stands, unless that is of an older log. */
  let positions: (() => Promise<Positions>) | null = null;
  let failing = true;
  /** The generation of the log that was followed first: tables that this process folds in are of that one. */
  let followed: number | null = null;
  let ends: ReadonlyMap<number, bigint> | null = null;
  let caughtUp = false;

  const reached = () => ends !== null && [...ends].every(([partition, end]) => (taken.get(partition) ?? 0n) >= end);

  const run = async (): Promise<void> => {
    round = new AbortController();
    const renewing = deps.kafka === null ? null : await renewal({ ...deps, kafka: deps.kafka });
    if (renewing && renewing.generation !== (followed ?? renewing.generation))
      throw new Error('the log was written anew while this worker ran: restart it');
    const stale = renewing?.isBehind() ? 0 : await refreshStale(deps.store, deps.atoms);
    if (stale > 0) logger.info({ events: stale }, 'made the atoms of events fresh that were stored before a stop');
    ends ??= await log.ends('headway.events');
    const target = checkpointed(
      deps.store,
      { ...timed(deps), ...(renewing ? { begin: renewing.begin } : {}) },
      (partition, next) => taken.set(partition, next),
    );
    positions = async () => (renewing?.isBehind() ? new Map() : target.positions());
    if (renewing?.isBehind()) taken.clear();
    else for (const [partition, next] of await target.positions()) taken.set(partition, next);
    const signal = AbortSignal.any([stopping.signal, round.signal]);
    // Told to stop while it was getting ready: a signal that has fired already would not be heard any more.
    if (signal.aborted) return;
    followed = renewing?.generation ?? null;
    follower = follow(log, target, { group: GROUP, signal });
    failing = false;
    await follower.done;
  };
  const supervise = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const begun = performance.now();
      await pausing;
      try {
        current = run();
        await current;
      } catch (error) {
        failing = true;
        if (stopping.signal.aborted) return;
        if (performance.now() - begun > 60_000) pause = FIRST_PAUSE_MS;
        logger.error({ err: error, retryInMs: pause }, 'taking the log into the store failed; trying again');
        await sleep(pause, stopping.signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  /** What other workers have taken stands in the store alone. */
  const lookAtOthers = async (): Promise<void> => {
    const now = await positions?.().catch(() => null);
    for (const [partition, next] of now ?? []) if (next > (taken.get(partition) ?? 0n)) taken.set(partition, next);
  };
  const check = async (): Promise<void> => {
    let lookedAt = performance.now();
    while (!caughtUp) {
      stopping.signal.throwIfAborted();
      if (!failing && follower !== null && reached()) {
        await follower.settled();
        caughtUp = true;
      } else if (!failing && performance.now() - lookedAt > LOOK_EVERY_MS) {
        await lookAtOthers();
        lookedAt = performance.now();
      } else await sleep(25, stopping.signal);
    }
  };
  const supervised = supervise();
  const ready = check();
  ready.catch(() => undefined);

  return {
    caughtUp: () => caughtUp,
    ready,
    behind: () => failing || (follower?.behind() ?? true),
    async lag() {
      const now = await log.ends('headway.events').catch(() => new Map<number, bigint>());
      return [...now].map(([partition, end]) => ({ partition, records: Number(end - (taken.get(partition) ?? 0n)) }));
    },
    async settled() {
      const target = await log.ends('headway.events');
      while (failing || ![...target].every(([partition, end]) => (taken.get(partition) ?? 0n) >= end)) {
        stopping.signal.throwIfAborted();
        await sleep(25, stopping.signal);
      }
      await follower?.settled();
    },
    async pausedFor(work) {
      const before = pausing;
      const paused = current.catch(() => undefined);
      const result = (async () => {
        await before;
        await paused;
        await work();
      })();
      // Set before the follower is told to end, so that it finds the pause when it would go on.
      pausing = result.catch(() => undefined);
      failing = true;
      round.abort();
      await result;
    },
    async stop() {
      stopping.abort();
      await supervised;
    },
  };
}

function timed({ store, atoms, telemetry, logger }: FollowingDeps) {
  const target = materialise(store, atoms, (record, reason) =>
    logger.warn({ partition: record.partition, offset: record.offset.toString(), reason }, 'a record was set aside'),
  );
  return {
    ...target,
    async refresh(touch: Touch) {
      const begun = performance.now();
      await target.refresh(touch);
      telemetry.refreshed((performance.now() - begun) / 1000, touch.entities.size);
    },
  };
}

/** Waits, or returns at once when the signal aborts. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
