import type { EventType } from './vocabulary/vocabulary.ts';

// Which key of `data` names the entity that a kind is about, by the kind's first word.
const ENTITY: Readonly<Record<string, readonly [prefix: string, key: string]>> = {
  branch: ['branch', 'repository'],
  change: ['change', 'change_id'],
  deployment: ['rollout', 'rollout_id'],
  incident: ['incident', 'incident_id'],
  pipelinerun: ['run', 'run_id'],
  taskrun: ['run', 'run_id'],
  release: ['release', 'repository'],
  team: ['team', 'team'],
  environment: ['environment', 'name'],
  person: ['person', 'person'],
  source: ['source', 'name'],
  survey: ['survey', 'wave'],
  objective: ['objective', 'objective'],
  keyresult: ['keyresult', 'key_result'],
  slo: ['slo', 'slo'],
};

/**
 * The subject of an event: the entity that its data names, as `rollout:<id>`, `change:<id>`, `branch:<repository>` … It
 * is the log's key, so one entity's events keep their order whoever sent them. `fallback` is for data that names none.
 */
export function subjectOf(type: EventType, data: object, fallback: string): string {
  const values = data as Readonly<Record<string, unknown>>;
  const word = type.slice(0, type.indexOf('.'));
  const entity = type === 'service.rolledback' ? ENTITY.deployment : word === 'service' ? SERVICE : ENTITY[word];
  const id = entity && values[entity[1]];
  if (entity && typeof id === 'string' && id !== '') return `${entity[0]}:${id}`;
  return typeof values.event_id === 'string' ? `event:${values.event_id}` : `${word}:${fallback}`;
}

const SERVICE = ['service', 'service_id'] as const;
