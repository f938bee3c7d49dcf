import { expect } from 'vitest';
import type { SurveyWorld } from '../surveys/world.ts';

/** All that happens in these tests. */
export const march = { from: '2025-03-01T00:00:00Z', to: '2025-04-01T00:00:00Z' };

/** Asks a world for the one row of a metric, or for its rows by one dimension; and keeps its source alive all year. */
export function questionsTo(world: SurveyWorld) {
  return {
    only: async (metric: string, params = {}) => {
      const rows = await world.totals(metric, { ...march, ...params });
      expect(rows).toHaveLength(1);
      return rows[0]!;
    },
    by: async (dimension: string, metric: string, params = {}) => {
      const rows = await world.totals(metric, { ...march, group_by: dimension, ...params });
      return Object.fromEntries(rows.map((row) => [String(row[dimension]), row]));
    },
    beat: () => {
      for (let day = 0; day < 120; day += 5) {
        const at = new Date(Date.UTC(2025, 0, 1 + day)).toISOString();
        world.story().tell('source.heartbeat', at, { name: 'canonical' });
      }
    },
  };
}
