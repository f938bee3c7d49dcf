import type { NormalizedEvent } from '../ingest/event.ts';
import type { Store } from '../ingest/ports.ts';
import type { WithAtoms } from './atoms/tables.ts';
import type { MetricAnswer } from './envelope.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { KeptCounts } from './kept-counts.ts';

/** What it takes to answer. `now` is UTC ISO with milliseconds; `reportingZone` an IANA zone. */
export interface AnswerDeps {
  readonly store: Store;
  readonly withAtoms: WithAtoms;
  /** What was counted for earlier questions; without, all is counted anew. */
  readonly keptCounts?: KeptCounts;
  /** Answers that stand as long as nothing that they were made of changes; without, each is made anew. */
  readonly keptAnswers?: KeptAnswers;
  /** Hears of instants (epoch ms) at which time alone changes the answer, but for those that statements tell. */
  readonly turnsAt?: (instant: number) => void;
  readonly now: string;
  readonly reportingZone: string;
  /** First month of the fiscal year, 1 to 12; January without. */
  readonly fiscalStartMonth?: number;
  /** States in the log what is given out of people's answers; resolves once the store has it (metrics.md §9.2, rule 6). */
  readonly publish?: (events: readonly NormalizedEvent[]) => Promise<void>;
}

/**
 * Asks for a metric as `GET /v1/metrics/{id}` does, with the same parameters. Null: there is no such metric, or it does not
 * take these parameters. Judgements are arithmetic on such answers, never on tables.
 */
export type Ask = (metricId: string, params: Readonly<Record<string, string>>) => Promise<MetricAnswer | null>;

/** Instants between which something is asked for, and the past it is asked of: UTC ISO, `asOf` null for now. */
export interface Asking {
  readonly ask: Ask;
  readonly now: string;
  readonly zone: string;
  readonly asOf: string | null;
}

/** The parameter `as_of`, if a past is asked for. */
export function asOfParam(asOf: string | null): { readonly as_of?: string } {
  return asOf === null ? {} : { as_of: asOf };
}
