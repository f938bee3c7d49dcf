/** What an API says of its own limit: how much is left of it, and when it is whole again (milliseconds of the epoch). */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAtMs: number;
}

/** Keeps requests within a budget. */
export interface Pace {
  /** Resolves when the next request may be made. `resource`: limits of one API may be counted apart. */
  take(resource: string): Promise<void>;
  observe(resource: string, limit: RateLimit): void;
  /** Requests made so far. */
  made(): number;
}

const HOUR_MS = 3_600_000;
/** What is left of an API's limit for everybody else who uses the account. */
const LEFT_TO_OTHERS = 0.2;

/**
 * A pace of at most so many requests in any hour; with null, of 80 % of the limit that the API states: when no more than a
 * fifth of it is left, the next request waits until it is whole again. `onWait` hears of every wait, in seconds.
 */
export function makePace(requestsPerHour: number | null, onWait: (seconds: number) => void): Pace {
  const limits = new Map<string, RateLimit>();
  const made: number[] = [];
  let count = 0;

  async function wait(untilMs: number): Promise<void> {
    const ms = untilMs - Date.now();
    if (ms <= 0) return;
    onWait(Math.ceil(ms / 1000));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  return {
    async take(resource) {
      if (requestsPerHour !== null) {
        while (made.length > 0 && made[0]! <= Date.now() - HOUR_MS) made.shift();
        if (made.length >= requestsPerHour) await wait(made[made.length - requestsPerHour]! + HOUR_MS);
      }
      const known = limits.get(resource);
      const reserve = requestsPerHour === null ? LEFT_TO_OTHERS : 0;
      if (known && known.remaining <= known.limit * reserve) {
        // A second more, since clocks differ.
        await wait(known.resetAtMs + 1000);
        limits.delete(resource);
      }
      made.push(Date.now());
      count++;
    },
    observe: (resource, limit) => void limits.set(resource, limit),
    made: () => count,
  };
}
