import type { Store } from '../ingest/ports.ts';
import type { Answered } from './answer.ts';
import type { AnswerDeps } from './ask.ts';
import { HOUR } from './buckets.ts';
import type { MetricAnswer } from './envelope.ts';
import type { KeptCounts, Known } from './kept-counts.ts';
import type { Metric } from './metric.ts';
import type { MetricRequest } from './request.ts';

type Answering = (deps: AnswerDeps, metric: Metric, request: MetricRequest) => Promise<Answered>;

/** Answers about windows that are over, for as long as nothing that they were made of has changed. */
export interface KeptAnswers {
  /** The answer that is kept, with the `as_of` of this question, else what `make` answers. */
  give(deps: AnswerDeps, metric: Metric, request: MetricRequest, make: Answering): Promise<Answered>;
}

/** Rows that are kept, of all answers together: some 25 MB. */
const MOST_ROWS = 50_000;
/** What a statement of an answer weighs, as rows: its text. */
const ROWS_OF_STATEMENT = 10;

/** Days begin and end at full quarters of an hour, in every zone: what is told of days is as it was until the next. */
const QUARTER = HOUR / 4;

/** For so long after its end a window is looked at anew, whatever its metric: what is late comes, and every zone has its midnight. */
const AFTERWARDS = 48 * HOUR;

interface Kept {
  readonly answer: MetricAnswer;
  readonly known: readonly Known[];
  /** Epoch ms: good from then, and before then. */
  readonly from: number;
  readonly until: number;
}

/** Keeps answers, those asked for longest ago going first. */
export function keepAnswers(mostRows = MOST_ROWS): KeptAnswers {
  const kept = new Map<string, Kept>();
  let rows = 0;

  const forget = (key: string): void => {
    const one = kept.get(key);
    if (one !== undefined) rows -= weightOf(one);
    kept.delete(key);
  };

  function keep(key: string, one: Kept): void {
    forget(key);
    kept.set(key, one);
    rows += weightOf(one);
    for (const oldest of kept.keys()) {
      if (rows <= mostRows) break;
      forget(oldest);
    }
  }

  return {
    async give(deps, metric, request, make) {
      const { keptCounts } = deps;
      const now = Date.parse(deps.now);
      if (keptCounts === undefined || !isOver(metric, request, now)) return make(deps, metric, request);
      const key = JSON.stringify([metric.id, request, deps.reportingZone, deps.fiscalStartMonth]);
      const held = kept.get(key);
      if (held !== undefined && now >= held.from && now < held.until && (await keptCounts.stillHold(held.known))) {
        // Meanwhile it may have been let go of, or another may have come in its place.
        if (kept.get(key) === held) {
          kept.delete(key);
          kept.set(key, held);
        }
        return { ok: true, answer: asOf(held.answer, deps.now) };
      }
      if (kept.get(key) === held) forget(key);
      const { noting, known, turns } = noteWhatIsRead(deps, keptCounts);
      const answered = await make(noting, metric, request);
      if (answered.ok && known.every((one) => one !== null)) {
        const until = [...turns, ...known.map((one) => one.until)].reduce(
          (least, turn) => Math.min(least, turn),
          (Math.floor(now / QUARTER) + 1) * QUARTER,
        );
        keep(key, { answer: frozen(answered.answer), known, from: now, until });
      }
      return answered;
    },
  };
}

/**
 * Whether time alone turns nothing in a window any more but what statements and quarters of an hour tell of: it is over, its baseline
 * as well, and so is what the metric waits for and looks ahead to.
 */
function isOver(metric: Metric, { asOf, to, options }: MetricRequest, now: number): boolean {
  const ahead = ((metric.aheadDays?.(options) ?? 0) + 1) * 24 * HOUR;
  const [, baselineEnd = to] = String(options.baseline ?? '').split('..');
  const end = Math.max(Date.parse(to), Date.parse(baselineEnd));
  return asOf === null && end + ahead + Math.max(metric.graceHours * HOUR, AFTERWARDS) <= now;
}

/**
 * Notes what a question reads, and when it says that time will change the answer. A statement that was known from another
 * instant, with all of its parameters, does not depend on the clock; null stands for one that may, and for whatever is read past
 * what is kept.
 */
function noteWhatIsRead(deps: AnswerDeps, counts: KeptCounts) {
  const known: (Known | null)[] = [];
  const heard = (one: Known | null) => {
    known.push(one);
  };
  const store: Store = {
    ...deps.store,
    query(sql, params) {
      heard(null);
      return deps.store.query(sql, params);
    },
  };
  const keptCounts: KeptCounts = { ...counts, forQuestion: (now) => counts.forQuestion(now, heard) };
  const turns: number[] = [];
  const turnsAt = (instant: number) => {
    turns.push(instant);
  };
  return { noting: { ...deps, store, keptCounts, turnsAt }, known, turns };
}

function asOf(answer: MetricAnswer, now: string): MetricAnswer {
  const totals = answer.totals.map((row) => ({ ...row, as_of: now }));
  const series = answer.series.map((row) => ({ ...row, as_of: now }));
  return { ...answer, as_of: now, totals, series };
}

function weightOf({ answer, known }: Kept): number {
  return answer.totals.length + answer.series.length + ROWS_OF_STATEMENT * known.length;
}

/** Those who ask share what is in the rows. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
