/** A raw request as received, before anything is believed. Header names are lower case. */
export interface Delivery {
  /** Assigned by Headway; every event made from it carries it. */
  readonly id: string;
  readonly source: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes that were signed. */
  readonly body: Uint8Array;
  /** Receipt by our clock: UTC ISO with milliseconds. */
  readonly received_at: string;
}
