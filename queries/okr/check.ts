import type { CheckQuestion } from '../../ingest/workspace/objectives.ts';
import { optionsOf } from '../metric.ts';
import { findMetric } from '../metrics/registry.ts';
import { parseRequest } from '../request.ts';

/** Holds the question of a key result to the metric's own declaration, at load, where its file can still be named. */
export const checkQuestion: CheckQuestion = ({ metric: id, scope, options }) => {
  const metric = findMetric(id);
  if (metric === null) return [{ path: ['metric'], message: `there is no metric ${id}` }];
  const undeclared = Object.keys(options).filter((name) => !(name in optionsOf(metric)));
  if (undeclared.length > 0)
    return undeclared.map((name) => ({ path: ['options', name], message: `is not an option of ${id}` }));
  const values = Object.entries(scope).map(([dimension, names]) => [dimension, names.join(',')]);
  const chosen = Object.entries(options).map(([option, value]) => [option, String(value)]);
  const parsed = parseRequest(metric, Object.fromEntries([...values, ...chosen]), {
    now: '2026-01-01T00:00:00.000Z',
    reportingZone: 'UTC',
  });
  if (parsed.ok) return [];
  return parsed.problems.map(({ field, problem, fix }) => ({
    path: field in scope ? ['scope', field] : ['options', field],
    message: `${problem}: ${fix}`,
  }));
};
