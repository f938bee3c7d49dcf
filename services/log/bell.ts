/**
 * Wakes those who wait for something to change, without polling. Take `rings` before looking at the state, then wait for
 * it to move on: a ring between the look and the wait is not missed.
 */
export interface Bell {
  rings(): number;
  ring(): void;
  /** Resolves as soon as there were more rings than `seen`, or `signal` aborts. */
  after(seen: number, signal: AbortSignal): Promise<void>;
}

/** A bell that has not rung yet. */
export function createBell(): Bell {
  let rings = 0;
  const waiting = new Set<() => void>();
  return {
    rings: () => rings,
    ring() {
      rings += 1;
      const wake = [...waiting];
      waiting.clear();
      for (const each of wake) each();
    },
    after(seen, signal) {
      if (rings > seen || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
