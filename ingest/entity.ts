import type { NormalizedEvent } from './event.ts';

/**
 * What an event is about, as `kind:id`: all facts of one entity fold together. It is also the subject of the event, the
 * log's key. Data that names no entity stands for itself, under the event's id.
 */
export function entityOf(event: { readonly id: string; readonly type: string; readonly data: object }): string {
  const data = event.data as Readonly<Record<string, unknown>>;
  const [kind = ''] = event.type.split('.');
  const idKey = keyOf(event.type);
  const id = idKey ? data[idKey.key] : undefined;
  // Senders of people's lives spell one name in several cases, and it is one life.
  const isPerson = idKey?.entity === 'person';
  if (idKey && typeof id === 'string' && id !== '') return `${idKey.entity}:${isPerson ? id.toLowerCase() : id}`;
  return `${kind}:${event.id}`;
}

function keyOf(type: string) {
  return ENTITY_KEYS[type === 'service.rolledback' ? 'deployment' : (type.split('.')[0] ?? '')];
}

/** What events of a kind are about, as the beginning of {@link entityOf}: `run` for `taskrun.finished`. */
export function entityKindOf(type: string): string {
  const [kind = ''] = type.split('.');
  return keyOf(type)?.entity ?? kind;
}

const ENTITY_KEYS: Readonly<Record<string, { entity: string; key: string }>> = {
  branch: { entity: 'branch', key: 'repository' },
  change: { entity: 'change', key: 'change_id' },
  deployment: { entity: 'rollout', key: 'rollout_id' },
  service: { entity: 'service', key: 'service_id' },
  incident: { entity: 'incident', key: 'incident_id' },
  maintenance: { entity: 'maintenance', key: 'maintenance_id' },
  pipelinerun: { entity: 'run', key: 'run_id' },
  taskrun: { entity: 'run', key: 'run_id' },
  release: { entity: 'release', key: 'repository' },
  team: { entity: 'team', key: 'team' },
  calendar: { entity: 'calendar', key: 'calendar' },
  environment: { entity: 'environment', key: 'name' },
  rollout_rule: { entity: 'rollout_rule', key: 'rule' },
  person: { entity: 'person', key: 'person' },
  source: { entity: 'source', key: 'name' },
  task: { entity: 'task', key: 'task_id' },
  usage: { entity: 'usage', key: 'usage_id' },
  ticket: { entity: 'ticket', key: 'ticket_id' },
  onboarding: { entity: 'person', key: 'person' },
  training: { entity: 'person', key: 'person' },
  survey: { entity: 'survey', key: 'wave' },
  feature: { entity: 'feature', key: 'feature' },
  cost: { entity: 'cost', key: 'cost_id' },
  sli: { entity: 'sli', key: 'sli' },
  policy: { entity: 'policy', key: 'evaluation_id' },
  portal: { entity: 'principal', key: 'principal' },
  search: { entity: 'principal', key: 'principal' },
  doc: { entity: 'principal', key: 'principal' },
  objective: { entity: 'objective', key: 'objective' },
  keyresult: { entity: 'keyresult', key: 'key_result' },
  slo: { entity: 'slo', key: 'slo' },
};

/**
 * Every name by which a neighbourhood could be concerned: services, repositories and applications in lower case, and the
 * entities it points to as `kind:id`. Kept beside the event, so that a batch finds what it touches without a scan.
 */
export function refsOf(event: NormalizedEvent): string[] {
  const data = event.data as Readonly<Record<string, unknown>>;
  const refs = new Set<string>();
  const addName = (value: unknown) => {
    if (typeof value === 'string' && value !== '') refs.add(value.toLowerCase());
  };
  for (const key of ['service_id', 'repository', 'application', 'service']) addName(data[key]);
  if (refs.size === 0 && /^(?:deployment|incident|service\.rolledback)/.test(event.type)) refs.add(NO_SERVICE);
  const point = (kind: string, value: unknown) => {
    if (typeof value !== 'string' || value === '') return;
    refs.add(`${kind}:${value}`);
    if (kind === 'rollout') for (const run of runsOf(value)) refs.add(run);
  };
  if (event.type === 'deployment.corrected' || event.type === 'deployment.retracted')
    for (const run of runsOf(String(data.rollout_id ?? ''))) refs.add(run);
  point('rollout', data.cause_deployment_id);
  point('rollout', data.caused_by);
  point('rollout', data.rolls_back);
  point('rollout', data.fixes_rollout);
  point('incident', data.fixes_incident);
  point('incident', data.duplicate_of);
  if (typeof data.caused_by === 'string' && data.caused_by !== '') refs.add(CAUSED_BY);
  if (Array.isArray(data.commits)) {
    for (const commit of data.commits)
      if (typeof commit === 'object' && commit) point('incident', commit.fixes_incident);
  }
  return [...refs];
}

/** Marks incidents that name their cause in words; an unassigned one may mean any service's rollout. */
export const CAUSED_BY = 'caused-by:';

/** Marks rollouts and incidents that name no service: they are read together. */
const NO_SERVICE = '(unassigned)';

const MOST_RUNS = 16;

/**
 * The runs or releases of which a rule may have made this rollout: its id is that of the run, then what tells it from others
 * of the same run, parted by colons. A run's own id may have some, so every beginning is one.
 */
function runsOf(rolloutId: string): string[] {
  if (!/^(run|release):/.test(rolloutId)) return [];
  const parts = rolloutId.split(':');
  return parts.slice(2, 2 + MOST_RUNS).map((_, index) => parts.slice(0, index + 2).join(':'));
}
