import { z } from 'zod';
import type { Samples } from './pulled.ts';

/** What an answer to a range query says. `isTooMuch`: asked for less, it may be answered. */
export type RangeAnswer =
  | { readonly ok: true; readonly samples: Samples }
  | { readonly ok: false; readonly problem: string; readonly isTooMuch: boolean };

const success = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({ values: z.array(z.tuple([z.number(), z.string()])).default([]), histograms: z.unknown().optional() }),
    ),
  }),
});
const failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/**
 * Reads the body of `/api/v1/query_range`. A query must give one series, or none, which is nothing measured; NaN and infinities
 * are nothing measured either. Never throws.
 */
export function readRangeAnswer(status: number, text: string): RangeAnswer {
  const wrong = (problem: string, isTooMuch = false): RangeAnswer => ({ ok: false, problem, isTooMuch });
  const body = parsed(text);
  const failed = failure.safeParse(body);
  if (failed.success) return wrong(refusal(failed.data.errorType, failed.data.error), TOO_MUCH.has(status));
  if (status === 401 || status === 403) return wrong(`answered ${status}: the token is missing or may not query`);
  if (status === 404) return wrong('answered 404: the url of the DataSource is not that of a Prometheus server');
  if (status >= 300 && status < 400) return wrong('redirects elsewhere: give the address at which it ends');
  if (status !== 200) return wrong(`answered ${status}`, TOO_MUCH.has(status));
  const read = success.safeParse(body);
  if (!read.success) return wrong('answered something that is no answer of Prometheus to a range query');
  const [series, ...others] = read.data.data.result;
  if (others.length > 0)
    return wrong(`the query gives ${others.length + 1} series: make it one, with sum(…) around it, say`);
  if (series?.histograms !== undefined && series.values.length === 0)
    return wrong('the query gives histograms: take a number of them, with histogram_count(…) or histogram_quantile(…)');
  const samples = new Map<number, number>();
  for (const [seconds, value] of series?.values ?? []) {
    const number = numberOf(value);
    if (number === undefined) return wrong('answered a value that is no number');
    if (Number.isFinite(number)) samples.set(Math.round(seconds * 1000), number);
  }
  return { ok: true, samples };
}

/** Too many samples, too long, too busy, or a gateway's own time-out. */
const TOO_MUCH = new Set([413, 422, 503, 504]);

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

function numberOf(value: string): number | undefined {
  if (value in SPECIAL) return SPECIAL[value];
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined;
}

function refusal(type: string, error: string): string {
  // Someone else's words: one line of them.
  const said = error.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, 300);
  return type === 'bad_data' ? `refuses the query: ${said}` : `could not answer (${type.slice(0, 40)}): ${said}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
