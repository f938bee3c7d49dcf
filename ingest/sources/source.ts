import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';

/** What became of a delivery that verified. */
export type Normalized =
  | { readonly outcome: 'facts'; readonly facts: readonly Fact[] }
  /** Understood and of no use to any metric: kept, counted, answered 202. */
  | { readonly outcome: 'ignored'; readonly reason: string }
  /** Could not be read as what it claims to be: kept, listed under /v1/rejected, answered 202; 400 if it is not JSON. */
  | { readonly outcome: 'rejected'; readonly reason: string; readonly notJson?: boolean };

/**
 * One sender, one file. Pure: sees one delivery and no catalog, so names stay as the sender wrote them.
 * `normalise` never throws for bad input: it says `rejected`.
 */
export interface Source {
  /** As in `/hooks/{name}` and `HEADWAY_SECRET_<NAME>`. */
  readonly name: string;
  readonly title: string;
  /** Raised when the normaliser improves, so that a replay supersedes what the older one said. */
  readonly normaliser: number;
  /** The sender's events that it reads, and what they feed; for the docs. */
  readonly events: readonly { readonly event: string; readonly feeds: string }[];
  /** Headers, in lower case, that `normalise` reads or that name the delivery: kept with it, so that a replay has them too. */
  readonly headers?: readonly string[];
  /**
   * Its bodies hold what nobody may read, such as single answers to a survey (metrics.md §9.2): they are kept for a replay
   * and shown by no address.
   */
  readonly confidential?: true;
  /**
   * Its bodies may hold what people write in surveys: what of a body is kept where nobody asked for that. It names what stays,
   * so that a text which nobody thought of goes too; a comment's own place may stay, blank.
   */
  readonly withoutComments?: (body: unknown) => unknown;
  readonly signature: string;
  readonly dedupe: string;
  /** Steps that a person follows to connect it, as Markdown. `{url}` stands for this server's hook address. */
  readonly setup: string;
  /** Constant-time check against each of the secrets (rotation). Called only when at least one is set. */
  verify(delivery: Delivery, secrets: readonly string[]): boolean | Promise<boolean>;
  normalise(delivery: Delivery): Normalized;
  /** Reads what a backfill took from the sender's API, see `history.ts`; it is held to the same as `normalise`. */
  readonly history?: (delivery: Delivery) => Normalized;
}
