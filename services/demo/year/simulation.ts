import { type Random, randomFrom } from './random.ts';

/** One request as its sender would make it, signature apart. */
export interface DemoDelivery {
  /** Receipt by the server: UTC ISO with milliseconds. */
  readonly at: string;
  /** `github`, `argocd`, `pagerduty`, or `canonical` for `POST /v1/events`. */
  readonly source: DemoSource;
  /** Lower-case names; without the signature or token, which `signDelivery` adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Who sends. */
export type DemoSource = 'github' | 'argocd' | 'pagerduty' | 'canonical';
/** A request that has not arrived yet. */
export type Outgoing = Omit<DemoDelivery, 'at'>;

/** Discrete events in simulated time. Instants are epoch ms. */
export interface Simulation {
  readonly seed: string;
  readonly end: number;
  now(): number;
  /** Runs `task` at that instant, after all that was scheduled for it earlier. The past means now. */
  schedule(instant: number, task: () => void): void;
  /** Hands a request to the wire; it arrives `delayMs` from now. */
  send(outgoing: Outgoing, delayMs: number): void;
  /** The stream of that name; the same name gives the same stream, going on where it stood. */
  random(name: string): Random;
}

/** Runs the tasks in order of time up to `end` and yields the requests in order of their receipt. Memory: what is pending. */
export function* run(
  options: { seed: string; start: number; end: number },
  begin: (simulation: Simulation) => void,
): Generator<DemoDelivery> {
  const tasks = makeHeap<() => void>();
  const wire = makeHeap<Outgoing>();
  const streams = new Map<string, Random>();
  let now = options.start;
  const simulation: Simulation = {
    seed: options.seed,
    end: options.end,
    now: () => now,
    schedule: (instant, task) => tasks.push(Math.max(instant, now), task),
    send: (outgoing, delayMs) => wire.push(Math.ceil(now + delayMs), outgoing),
    random: (name) => {
      const known = streams.get(name);
      if (known !== undefined) return known;
      const stream = randomFrom(`${options.seed}/${name}`);
      streams.set(name, stream);
      return stream;
    },
  };
  begin(simulation);
  for (;;) {
    const horizon = Math.min(tasks.first() ?? options.end, options.end);
    for (let time = wire.first(); time !== undefined && time < horizon; time = wire.first()) {
      const outgoing = wire.pop();
      if (outgoing !== undefined) yield { at: new Date(time).toISOString(), ...outgoing };
    }
    if (horizon >= options.end) return;
    now = horizon;
    tasks.pop()?.();
  }
}

interface Heap<T> {
  first(): number | undefined;
  push(time: number, value: T): void;
  pop(): T | undefined;
}

/** Binary heap by (time, order of arrival). */
function makeHeap<T>(): Heap<T> {
  const items: { time: number; order: number; value: T }[] = [];
  let pushed = 0;
  const before = (left: number, right: number): boolean => {
    const [a, b] = [items[left], items[right]];
    if (a === undefined || b === undefined) return false;
    return a.time < b.time || (a.time === b.time && a.order < b.order);
  };
  const swap = (left: number, right: number): void => {
    const [a, b] = [items[left], items[right]];
    if (a === undefined || b === undefined) return;
    items[left] = b;
    items[right] = a;
  };
  return {
    first: () => items[0]?.time,
    push: (time, value) => {
      let index = items.push({ time, order: pushed++, value }) - 1;
      while (index > 0 && before(index, (index - 1) >> 1)) {
        swap(index, (index - 1) >> 1);
        index = (index - 1) >> 1;
      }
    },
    pop: () => {
      const top = items[0];
      const last = items.pop();
      if (top === undefined || last === undefined || items.length === 0) return top?.value;
      items[0] = last;
      for (let index = 0; ; ) {
        let least = index;
        for (const child of [2 * index + 1, 2 * index + 2]) if (before(child, least)) least = child;
        if (least === index) return top.value;
        swap(index, least);
        index = least;
      }
    },
  };
}
