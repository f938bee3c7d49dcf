import type { Clock } from '../../ingest/ports.ts';

/** A clock that is told the time until it is released, and the machine's from then on. */
export interface SimulatedClock extends Clock {
  /** Moves to `instant` (UTC ISO). It never goes back: an earlier instant changes nothing. No effect once released. */
  set(instant: string): void;
  release(): void;
}

/** Makes a clock that stands at `start` (UTC ISO) until it is set or released. */
export function simulatedClock(start: string): SimulatedClock {
  let simulated: number | null = Date.parse(start);
  return {
    now: () => new Date(simulated ?? Date.now()).toISOString(),
    set: (instant) => {
      if (simulated !== null) simulated = Math.max(simulated, Date.parse(instant));
    },
    release: () => {
      simulated = null;
    },
  };
}
