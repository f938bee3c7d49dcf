import { subjectKinds } from './atoms/subjects/registry.ts';
import type { AtomName } from './atoms/tables.ts';
import type { Metric, Options } from './metric.ts';

const subjects: ReadonlySet<string> = new Set(subjectKinds.map((kind) => kind.name));

/** Whether what a metric counts is of subjects of their own, not of services: their sources alone tell its coverage. */
export function isOfSubjects(metric: Metric): boolean {
  return subjects.has(metric.atom);
}

/** The kinds of atoms that an answer reads: of a past only these are folded. */
export function kindsRead(metric: Metric, options: Options): readonly AtomName[] {
  const beside = (metric.beside?.(options) ?? []).map((one) =>
    one.type === 'count' ? one.atom : one.type === 'headcount' ? 'employments' : 'changes',
  );
  const spans: readonly AtomName[] = isOfSubjects(metric) ? ['source_spans'] : ['source_spans', 'service_spans'];
  const sides: readonly AtomName[] = options.compare === undefined ? [] : ['adoptions'];
  return [...kindsCounted(metric, options), ...beside, ...spans, ...sides];
}

/** The kinds of atoms that what a metric counts is made of. */
export function kindsCounted({ atom, reads = [] }: Metric, options: Options): readonly AtomName[] {
  return [atom, ...(typeof reads === 'function' ? reads(options) : reads)];
}
