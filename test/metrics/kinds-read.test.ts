import { expect, it } from 'vitest';
import { activeSql, isOfSome, reaching } from '../../queries/active.ts';
import { deliveryKinds } from '../../queries/atoms/atom.ts';
import type { AtomTables } from '../../queries/atoms/tables.ts';
import { cellsSql } from '../../queries/cells.ts';
import { axisOf } from '../../queries/frame.ts';
import { headcountSql } from '../../queries/headcount.ts';
import { isOfSubjects, kindsRead } from '../../queries/kinds-read.ts';
import { columnsOf } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { parseRequest } from '../../queries/request.ts';
import { undeployedSql } from '../../queries/undeployed.ts';
import { tables } from './atoms.ts';
import { variants } from './variants.ts';

const now = '2025-12-01T00:00:00.000Z';

/** Tables as a past lends them that was folded for some kinds: of delivery all or none. */
function lent(kinds: ReadonlySet<string>): AtomTables {
  const delivery = deliveryKinds.map(({ name }) => name as string);
  const all = new Set([
    ...kinds,
    ...(delivery.some((name) => name !== 'source_spans' && kinds.has(name)) ? delivery : []),
  ]);
  return new Proxy(tables, {
    get(target, name) {
      if (!all.has(String(name))) throw new Error(`the past was folded without ${String(name)}`);
      return target[name as keyof AtomTables];
    },
  });
}

it.each(metrics.map((metric) => [metric.id, metric] as const))(
  'of a past %s reads only what it says it reads, whatever the options',
  (_id, metric) => {
    for (const options of variants(metric, true)) {
      const group = metric.dimensions[0];
      const asked = {
        from: '2025-10-01',
        to: '2025-11-01',
        grain: 'week',
        ...(group ? { group_by: group } : {}),
        ...options,
      };
      const parsed = parseRequest(metric, asked, { now, reportingZone: 'UTC' });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const { request } = parsed;
      const past = lent(new Set<string>(kindsRead(metric, request.options)));
      const axis = axisOf(request, request.tz, Date.parse(now));
      const { aggregate } = metric;
      const items = metric.items(request.options);
      const read = () => {
        if (aggregate.type === 'active') {
          const activity = aggregate.activity(request.options);
          activeSql(past, metric, activity, request, reaching(axis, activity, isOfSome(request)), true);
        } else cellsSql(past, metric.atom, columnsOf(metric), items, aggregate.type, request, axis);
        for (const beside of metric.beside?.(request.options) ?? []) {
          if (beside.type === 'undeployed') undeployedSql(past, beside.reason, request, axis);
          else if (beside.type === 'headcount') headcountSql(past, request, [0]);
          else cellsSql(past, beside.atom, beside.dimensions, beside.items, 'rate', request, axis);
        }
        return [past.source_spans, isOfSubjects(metric) ? '' : past.service_spans];
      };
      expect(read, JSON.stringify(options)).not.toThrow();
    }
  },
);
