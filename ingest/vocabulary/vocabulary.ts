import type { z } from 'zod';
import { branchEvents } from './branch.ts';
import { catalogEvents } from './catalog.ts';
import { changeEvents } from './change.ts';
import { correctionEvents } from './correction.ts';
import { deliveryEvents } from './delivery.ts';
import { deploymentEvents } from './deployment.ts';
import { featureEvents } from './feature.ts';
import { incidentEvents } from './incident.ts';
import { indicatorEvents } from './indicator.ts';
import { maintenanceEvents } from './maintenance.ts';
import { peopleEvents } from './people.ts';
import { pipelineEvents } from './pipeline.ts';
import { planningEvents } from './planning.ts';
import { supportEvents } from './support.ts';
import { surveyEvents } from './survey.ts';
import { usageEvents } from './usage.ts';

/**
 * The closed list of event kinds: the language that sources speak to atoms (metrics.md §2). Keys are snake_case, times
 * are UTC ISO strings with milliseconds. A new kind is an entry in the file of its entity.
 */
export const vocabulary = {
  ...branchEvents,
  ...changeEvents,
  ...deploymentEvents,
  ...incidentEvents,
  ...maintenanceEvents,
  ...pipelineEvents,
  ...catalogEvents,
  ...usageEvents,
  ...supportEvents,
  ...peopleEvents,
  ...surveyEvents,
  ...featureEvents,
  ...indicatorEvents,
  ...planningEvents,
  ...correctionEvents,
  ...deliveryEvents,
};

export type EventType = keyof typeof vocabulary;
export type EventData<T extends EventType> = z.infer<(typeof vocabulary)[T]>;

export const eventTypes = Object.keys(vocabulary) as EventType[];

/** True if `type` is one of {@link eventTypes}. Own keys only: `__proto__` and `constructor` are not kinds. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(vocabulary, type);
}

/** True of what only Headway itself states: nobody can send it. */
export function isOwnType(type: string): boolean {
  return type.startsWith('delivery.') || ownTypes.has(type);
}

const ownTypes: ReadonlySet<string> = new Set(['survey.published', 'survey.comments_published', 'person.erased']);
