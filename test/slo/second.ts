import { DateTime } from 'luxon';
import type { BurnRule } from '../../queries/slo/burn.ts';
import type { HeardSlice } from '../../queries/slo/judge.ts';
import type { Counting } from '../../queries/slo/slices.ts';
import type { SloWindow } from '../../queries/slo/window.ts';

/** A question about a service level, as the tests make them up. */
export interface Question {
  readonly window: SloWindow;
  readonly sliceSeconds: number;
  readonly counting: Counting;
  /** In ten-thousandths, so that nothing is lost. */
  readonly target: number;
  readonly at: number;
  readonly heardSince: number;
  readonly heard: readonly HeardSlice[];
  /** When there was maintenance, in no order; some of it at the same time. */
  readonly maintenance: readonly { readonly start: number; readonly end: number }[];
  readonly rules: readonly BurnRule[];
}

export interface SecondAnswer {
  readonly value: number | null;
  readonly consumed: number | null;
  readonly remaining: number | null;
  readonly burn: readonly (number | null)[];
  readonly states: readonly string[];
}

/** The same numbers written out from metrics.md §5: slice after slice on the clock, one counter per word of the definition. */
export function secondAnswer(question: Question): SecondAnswer {
  const { window, sliceSeconds, counting, at, heardSince, rules } = question;
  const step = sliceSeconds * 1000;
  const bySlice = new Map(question.heard.map((slice) => [slice.start, slice]));
  let begin: number;
  let origin = 0;
  if (window.kind === 'rolling') begin = at - window.days * 24 * 3600 * 1000;
  else {
    // The tests anchor their calendars on the first of a year.
    begin = DateTime.fromMillis(at, { zone: window.tz }).startOf(window.unit).toMillis();
    origin = begin;
  }
  const floor = (time: number) => time - ((((time - origin) % step) + step) % step);
  const closes = (start: number) => (counting.method === 'Occurrences' ? start < at : start + step <= at);
  const tally = (from: number): { good: number; valid: number } => {
    let good = 0;
    let valid = 0;
    for (let start = Math.max(floor(from), floor(heardSince)); closes(start); start += step) {
      if (start < heardSince) continue;
      // Touched by maintenance, it is neither good nor bad nor missing.
      if (question.maintenance.some((one) => one.start < start + step && one.end > start)) continue;
      const slice = bySlice.get(start);
      const isMissing = slice === undefined || slice.valid === 0;
      if (counting.method === 'Occurrences') {
        good += slice?.good ?? 0;
        valid += slice?.valid ?? 0;
      } else if (isMissing) {
        if (counting.missing !== 'excluded') valid += 1;
        if (counting.missing === 'good') good += 1;
      } else {
        valid += 1;
        const share = slice.good / slice.valid;
        if (counting.method === 'RatioTimeslices') good += share;
        // Cross-multiplied: no division decides.
        else if (slice.good * 100 >= Math.round(counting.sliceTarget * 100) * slice.valid) good += 1;
      }
    }
    return { good, valid };
  };
  const errorShare = (10_000 - question.target) / 10_000;
  const last = counting.method === 'Occurrences' ? at : floor(at);
  const stretch = (seconds: number) => tally(last - Math.max(seconds, sliceSeconds) * 1000);
  const burnOf = ({ good, valid }: { good: number; valid: number }) =>
    valid === 0 ? null : (valid - good) / valid / errorShare;
  const whole = tally(begin);
  const consumed = whole.valid === 0 ? null : (whole.valid - whole.good) / (errorShare * whole.valid);
  return {
    value: whole.valid === 0 ? null : whole.good / whole.valid,
    consumed,
    remaining: consumed === null ? null : 1 - consumed,
    burn: rules.map((rule) => burnOf(stretch(rule.long_seconds))),
    states: rules.map((rule) => {
      if (rule.factor * (10_000 - question.target) >= 10_000 - 1e-6) return 'cannot_fire';
      const [long, short] = [stretch(rule.long_seconds), stretch(rule.short_seconds)];
      const [fast, now] = [burnOf(long), burnOf(short)];
      if (fast === null || now === null) return 'no_data';
      const over = (burn: number) => burn - rule.factor > 1e-7 * rule.factor;
      if (!over(fast) || !over(now)) return 'ok';
      // One failure alone, were the rest good, must not burn that fast.
      return 1 / long.valid / errorShare - rule.factor > 1e-7 * rule.factor ? 'low_traffic' : 'firing';
    }),
  };
}
