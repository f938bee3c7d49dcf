import type { Envelope, Interval } from './envelope.ts';

/** The number of a row, before what is known of its coverage. */
export interface Estimate {
  readonly value: number | null;
  readonly n: number;
  readonly ci: Interval | null;
  /** Nothing to divide by. */
  readonly empty?: boolean;
  readonly fields?: Partial<Envelope>;
}
