import type { Definition } from '../../ingest/workspace/definition.ts';
import type { SimulatedClock } from './clock.ts';
import { openSender, type Sender } from './send.ts';
import type { DemoSecrets } from './sign.ts';
import type { DemoDelivery } from './year/simulation.ts';
import { syntheticYear } from './year/year.ts';

/** What a demo needs to know of the server that it fills. */
export interface DemoOptions {
  /** The running server, without a slash at the end. */
  readonly baseUrl: string;
  readonly secrets: DemoSecrets;
  /** The server's own clock, if it runs in this process: it is moved along, so that as_of has a past. */
  readonly clock?: SimulatedClock | undefined;
  readonly seed: string;
  /** End of the year: UTC ISO. */
  readonly now: string;
  /** What the workspace defines; the server must have loaded the same. */
  readonly definitions: readonly Definition[];
  /** Whether the server takes comments in surveys; absent: it does not, and none are sent. */
  readonly comments?: boolean | undefined;
  readonly onProgress?: ((progress: DemoProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far the year has come. */
export interface DemoProgress {
  /** Days of the year that are through, of 365. */
  readonly days: number;
  readonly deliveries: number;
}

/** What the server answered, in numbers. */
export interface DemoResult {
  readonly deliveries: number;
  readonly events: number;
  readonly duplicates: number;
  /** Set aside by the server; the first few answers say why. */
  readonly rejected: number;
  readonly refusals: readonly string[];
  readonly seconds: number;
}

/** Thrown if the server refuses what its own senders sign: the demo cannot go on. */
export class DemoRefused extends Error {
  override readonly name = 'DemoRefused';
}

const DAY_MS = 86_400_000;
/** Deliveries of one stretch of simulated time travel together. Finer is truer for as_of, coarser is faster. */
const BATCH_MS = 3 * 3_600_000;
const BATCH_SIZE = 256;
const CONNECTIONS = 24;

/** When a demo's year begins: the server's clock should stand there when it loads its workspace. */
export function demoStart(now: string): string {
  return new Date(Date.parse(now) - 365 * DAY_MS - 3_600_000).toISOString();
}

/**
 * Sends the synthetic year through a running server as signed webhooks, in order of their receipt; time advances between
 * batches and never within one. Rejects with {@link DemoRefused} if a delivery is not acknowledged.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const begun = performance.now();
  const sender = openSender(options.baseUrl, options.secrets, CONNECTIONS);
  const tally = { deliveries: 0, events: 0, duplicates: 0, rejected: 0, refusals: [] as string[] };
  const start = Date.parse(demoStart(options.now));
  try {
    const { seed, now, definitions, comments } = options;
    const year = syntheticYear({ seed, end: now, definitions, comments });
    for (const batch of batches(year)) {
      options.signal?.throwIfAborted();
      const last = batch.at(-1);
      if (last === undefined) continue;
      options.clock?.set(last.at);
      await sendAll(sender, batch, tally);
      options.onProgress?.({ days: Math.floor((Date.parse(last.at) - start) / DAY_MS), deliveries: tally.deliveries });
    }
    options.clock?.set(options.now);
  } finally {
    sender.close();
  }
  return { ...tally, seconds: (performance.now() - begun) / 1000 };
}

function* batches(year: Iterable<DemoDelivery>): Generator<DemoDelivery[]> {
  let batch: DemoDelivery[] = [];
  let closesAt = 0;
  for (const delivery of year) {
    const at = Date.parse(delivery.at);
    if (batch.length > 0 && (at >= closesAt || batch.length >= BATCH_SIZE)) {
      yield batch;
      batch = [];
    }
    if (batch.length === 0) closesAt = at + BATCH_MS;
    batch.push(delivery);
  }
  if (batch.length > 0) yield batch;
}

type Tally = { deliveries: number; events: number; duplicates: number; rejected: number; refusals: string[] };

async function sendAll(sender: Sender, batch: readonly DemoDelivery[], tally: Tally): Promise<void> {
  await Promise.all(
    batch.map(async (delivery) => {
      const { status, body } = await sender.send(delivery);
      if (status !== 202) {
        throw new DemoRefused(
          `The server answered ${status} to a delivery from ${delivery.source}: ${body.slice(0, 300)}`,
        );
      }
      count(tally, delivery, JSON.parse(body) as HookAnswer);
    }),
  );
}

interface HookAnswer {
  readonly events: number | readonly { readonly status: string; readonly problems?: unknown }[];
  readonly duplicates?: number;
  readonly rejected?: string;
}

function count(tally: Tally, delivery: DemoDelivery, answer: HookAnswer): void {
  tally.deliveries += 1;
  const refuse = (why: string): void => {
    tally.rejected += 1;
    if (tally.refusals.length < 5) tally.refusals.push(`${delivery.source} at ${delivery.at}: ${why}`);
  };
  if (typeof answer.events === 'number') {
    tally.events += answer.events;
    tally.duplicates += answer.duplicates ?? 0;
    if (answer.rejected !== undefined) refuse(answer.rejected);
    return;
  }
  for (const event of answer.events) {
    if (event.status === 'invalid') refuse(JSON.stringify(event.problems));
    else tally.events += 1;
    if (event.status === 'duplicate') tally.duplicates += 1;
  }
}
