import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { compareText, dataOf, timeOf } from './known.ts';

/** What a rule selects: runs of a workflow, jobs, or releases. */
type Sort = 'workflow' | 'job' | 'release';

interface Rule {
  readonly sort: Sort;
  readonly data: Readonly<Record<string, unknown>>;
}

const endOf = { workflow: 'pipelinerun.finished', job: 'taskrun.finished', release: 'release.published' } as const;
const nothing = ['skipped', 'neutral', 'action_required'];

/** R34: the rules that stand; events come in (occurred_at, id) order. */
function standingRules(events: readonly NormalizedEvent[]): Rule[] {
  const latest = new Map<string, Readonly<Record<string, unknown>>>();
  for (const event of events)
    if (event.type === 'rollout_rule.defined') latest.set(String(dataOf(event).rule), dataOf(event));
  return [...latest.values()]
    .filter((data) => data.removed !== true)
    .map((data) => ({
      data,
      sort: text(data.job) !== '' ? 'job' : text(data.release) !== '' ? 'release' : 'workflow',
    }));
}

/** R36: the kinds of event that count as the end of a rollout for whoever sends them. */
export function kindsThatEnd(events: readonly NormalizedEvent[]): Set<string> {
  return new Set(standingRules(events).map((rule) => endOf[rule.sort]));
}

/** R35: what the rules make of runs, jobs and releases, in the words of a deployment and under the ids of the events. */
export function reportsByRule(events: readonly NormalizedEvent[]): NormalizedEvent[] {
  const rules = standingRules(events);
  return events.flatMap((event) => {
    const sort = sortOf(event);
    if (sort === null || nothing.includes(text(dataOf(event).outcome))) return [];
    const selecting = rules.filter((rule) => rule.sort === sort && selects(rule, event));
    const heeded = selecting.filter(
      (rule) =>
        text(rule.data.service_id) !== '' ||
        !selecting.some(
          (other) =>
            text(other.data.service_id) !== '' &&
            text(other.data.environment).toLowerCase() === text(rule.data.environment).toLowerCase(),
        ),
    );
    const made = new Map<string, NormalizedEvent>();
    for (const rule of heeded.sort((a, b) => compareText(text(a.data.environment), text(b.data.environment)))) {
      const report = reportOf(event, sort, rule);
      const id = String(dataOf(report).rollout_id);
      if (!made.has(id)) made.set(id, report);
    }
    return [...made.values()];
  });
}

function sortOf(event: NormalizedEvent): Sort | null {
  if (event.type.startsWith('pipelinerun.')) return 'workflow';
  if (event.type.startsWith('taskrun.')) return 'job';
  return event.type === 'release.published' ? 'release' : null;
}

function selects({ sort, data: rule }: Rule, event: NormalizedEvent): boolean {
  const data = dataOf(event);
  const at = timeOf(event);
  if (typeof rule.since === 'string' && at < Date.parse(rule.since)) return false;
  if (typeof rule.until === 'string' && at >= Date.parse(rule.until)) return false;
  if (!matches(rule.repository, data.repository)) return false;
  if (sort === 'release')
    return matches(rule.release, data.tag) && (rule.prereleases === true || data.prerelease !== true);
  const path = text(data.workflow_path);
  const names = [text(data.workflow), path, path.slice(path.lastIndexOf('/') + 1)];
  if (!names.some((name) => matches(rule.workflow, name))) return false;
  if (sort === 'workflow') return matches(rule.branch, data.branch);
  const target = text(data.environment).toLowerCase();
  return matches(rule.job, data.job) && (target === '' || target === text(rule.environment).toLowerCase());
}

/** Whether a name fits a pattern, character by character. */
function matches(pattern: unknown, name: unknown): boolean {
  const wanted = text(pattern).toLowerCase();
  const given = text(name).toLowerCase();
  if (wanted === '') return true;
  const from = (p: number, n: number): boolean => {
    if (p === wanted.length) return n === given.length;
    if (wanted[p] === '*') return from(p + 1, n) || (n < given.length && from(p, n + 1));
    return n < given.length && (wanted[p] === '?' || wanted[p] === given[n]) && from(p + 1, n + 1);
  };
  return from(0, 0);
}

function reportOf(event: NormalizedEvent, sort: Sort, { data: rule }: Rule): NormalizedEvent {
  const data = dataOf(event);
  const part =
    sort === 'release'
      ? [`release:${text(data.repository)}`, text(data.tag)]
      : sort === 'job'
        ? [`run:${text(data.run_id)}`, data.attempt_no === undefined ? text(data.job_id) : text(data.job)]
        : [`run:${text(data.run_id)}`];
  const where = [text(rule.environment).toLowerCase(), text(rule.service_id).toLowerCase()];
  const predicate = sort === 'release' ? 'finished' : event.type.split('.')[1];
  return {
    ...event,
    type: `deployment.${predicate}`,
    data: {
      rollout_id: [...part, ...where].filter((one) => one !== '').join(':'),
      environment: rule.environment,
      service_id: rule.service_id,
      repository: data.repository,
      revision: data.revision,
      attempt_no: data.attempt_no,
      ...(predicate === 'finished' ? { outcome: sort === 'release' ? 'succeeded' : data.outcome } : {}),
      by_rule: true,
    },
  } as unknown as NormalizedEvent;
}
