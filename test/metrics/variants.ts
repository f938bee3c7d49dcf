import { type Metric, optionsOf } from '../../queries/metric.ts';

/** Every value of every option with the others at rest, and with the others at their last value; if not `all`, the last ones. */
export function variants(metric: Metric, all: boolean): Record<string, string>[] {
  const specs = Object.entries(optionsOf(metric)).map(([name, spec]) => {
    const values =
      spec.type === 'choice'
        ? spec.values
        : spec.type === 'flag'
          ? ['false', 'true']
          : spec.type === 'calendar'
            ? ['office']
            : [String(spec.min), String(spec.max)];
    return { name, values };
  });
  const last: Record<string, string> = Object.fromEntries(
    specs.map(({ name, values }) => [name, values[values.length - 1]!]),
  );
  // It excludes kaplan_meier, and is asked for by itself.
  if ('closed_only' in last) last.closed_only = 'false';
  if (!all) return [{}, last];
  return specs.flatMap(({ name, values }) =>
    values.flatMap((value) => [
      { [name]: value },
      { ...last, [name]: value, ...(name === 'closed_only' ? { kaplan_meier: 'false' } : {}) },
    ]),
  );
}
