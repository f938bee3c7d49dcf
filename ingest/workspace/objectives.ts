import { z } from 'zod';
import { type Definition, parseSince } from './definition.ts';
import { check, type Problem } from './document.ts';
import type { DocumentReader } from './workspace.ts';

const name = z.string().trim().min(1).max(512);

function day(timezone: string) {
  return z.string().transform((value, context) => {
    const parsed = parseSince(value, timezone);
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: 'is neither a date nor an instant with a zone' });
    return z.NEVER;
  });
}

/** How a key result is measured; only `move` is scored so far. */
export const keyResultTypes = ['move', 'maintain', 'binary', 'milestone'] as const;

/** A key result as `keyresult.defined` keeps it (metrics.md §10): what is asked, from where to where, and how it is read. */
export const keyResultDefinition = z.object({
  title: z.string().max(512),
  metric: name,
  /** Filters: dimension to values. */
  scope: z.record(name, z.array(name)).default({}),
  options: z.record(name, z.union([z.string(), z.number(), z.boolean()])).default({}),
  type: z.enum(keyResultTypes).default('move'),
  /** A stated value (in the metric's unit), else the metric as it was known at `as_of`. */
  baseline: z.object({ value: z.number().optional(), as_of: z.string().optional() }).default({}),
  target: z.number(),
  /** Local days over which the metric is measured, trailing. */
  window_days: z.number().default(28),
  scale: z.enum(['linear', 'log']).default('linear'),
  weight: z.number().default(1),
});
export type KeyResultDefinition = z.infer<typeof keyResultDefinition>;

function documentSchema(timezone: string) {
  const keyResult = z
    .strictObject({
      key_result: name,
      ...keyResultDefinition.shape,
      scope: z.record(name, z.union([name.transform((one) => [one]), z.array(name).min(1)])).default({}),
      baseline: z.strictObject({ value: z.number().optional(), as_of: day(timezone).optional() }).default({}),
      window_days: z.int().min(1).max(400).default(28),
      weight: z.number().positive().max(1000).default(1),
    })
    .superRefine((found, context) => {
      const { baseline, target, type, scale } = found;
      const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      if (type !== 'move') return;
      if (baseline.value === undefined && baseline.as_of === undefined)
        problem(['baseline'], 'needs a value or an as_of');
      if (baseline.value === target) problem(['target'], 'is the baseline: nothing would move; use type maintain');
      if (scale === 'log' && (target <= 0 || (baseline.value ?? 1) <= 0))
        problem(['scale'], 'log needs a baseline and a target above 0');
    });
  return z
    .strictObject({
      objective: name,
      title: z.string().min(1).max(512),
      owner: name.optional(),
      from: day(timezone),
      to: day(timezone),
      kind: z.enum(['committed', 'aspirational']).default('aspirational'),
      serves: name.optional(),
      since: day(timezone).optional(),
      key_results: z.array(keyResult).min(1).max(50),
    })
    .superRefine(({ from, to }, context) => {
      if (from >= to) context.addIssue({ code: 'custom', path: ['to'], message: 'is not after from' });
    });
}

/** A question that a key result would ask; its problems, each with the path below the key result. */
export type CheckQuestion = (
  question: Pick<KeyResultDefinition, 'metric' | 'scope' | 'options'>,
) => readonly { readonly path: readonly string[]; readonly message: string }[];

/**
 * Reads `objectives/*.yaml`: one objective per document with its key results, `from` and `to` half-open. `checkQuestion`
 * knows the metrics, which this folder does not.
 */
export function objectivesReader(checkQuestion: CheckQuestion): DocumentReader {
  return (document, timezone) => {
    const { data, problems } = check(document, documentSchema(timezone));
    if (data === null) return { definitions: [], problems };
    const { objective, from, to, key_results: keyResults, since = null, ...rest } = data;
    const found: Problem[] = [...problems];
    const definitions: Definition[] = [
      {
        type: 'objective.defined',
        since,
        data: {
          objective,
          title: rest.title,
          kind: rest.kind,
          period_start: from,
          period_end: to,
          key_results: keyResults.map((one) => one.key_result),
          ...(rest.owner === undefined ? {} : { owner: rest.owner }),
          ...(rest.serves === undefined ? {} : { serves: rest.serves }),
        },
      },
    ];
    keyResults.forEach(({ key_result: keyResult, ...definition }, index) => {
      for (const { path, message } of checkQuestion(definition))
        found.push({
          file: document.file,
          line: document.lineOf(['key_results', index, ...path]),
          message: `key_results.${index}.${path.join('.')}: ${message}`,
        });
      definitions.push({
        type: 'keyresult.defined',
        since,
        data: { key_result: keyResult, objective, definition: definition as never },
      });
    });
    return { definitions, problems: found };
  };
}
