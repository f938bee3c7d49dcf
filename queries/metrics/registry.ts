import type { Metric } from '../metric.ts';
import { deploymentFrequency } from './dora-deployment-frequency.ts';

/** Every metric, in the order in which people read them. */
export const metrics: readonly Metric[] = [deploymentFrequency];

/** A metric by its id, or null. */
export function findMetric(id: string): Metric | null {
  return metrics.find((metric) => metric.id === id) ?? null;
}
