import type { Source } from '../../../ingest/sources/source.ts';

/** A well-formed body in our own words, with the headers that its sender adds, and what Headway makes of it. */
export interface Base {
  /** The sender's name for the event. */
  readonly event: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  /** The golden answer: every event's kind and time in order, as {@link tell} writes them. */
  readonly makes: string;
}

/** Everything the contract of a source needs to know of one. A new source is its file, its case, and a line in `cases.ts`. */
export interface SourceCase {
  readonly source: Source;
  /** At least one of every kind of event that the source reads: where the hostile bodies start from. */
  readonly bases: readonly Base[];
  /** Folder of the sender's own payloads under `../shared/samples`; absent: there are none. */
  readonly samples?: string;
  /** The headers a sample is sent with, where the source reads any. */
  readonly headersOf?: (file: string, sample: Uint8Array) => Readonly<Record<string, string>>;
  /** The body inside a sample, where its publisher wrapped it. */
  readonly bodyOf?: (sample: Uint8Array) => unknown;
  /** What each real payload means, as {@link tell} writes it. A sample that is not listed fails the test. */
  readonly answers: Readonly<Record<string, string>>;
  /** The headers that prove a body to be the sender's, sent at `at` (UTC ISO). */
  sign(body: Uint8Array, secret: string, at: string): Readonly<Record<string, string>>;
  /** Whether the signature covers the body; else a shared token is all that the sender can give. */
  readonly signsBody: boolean;
}
