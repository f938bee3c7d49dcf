import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { calledBy, servicesNamed, withDimensions } from '../catalog.ts';
import { FAR, latest, text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** Senders that number no attempts tell of one. */
const ATTEMPT = 'toUInt32(greatest(ifNull(data.attempt_no::Nullable(Int64), 1), 1)) AS attempt';

/** Waits that are nobody's delay: for a person's word, or for a limit that people set (metrics.md §5.2). */
const EXCUSED = "('approval', 'concurrency')";

const first = (type: string): string => `minIf(toNullable(occurred_at), type = 'pipelinerun.${type}')`;

/** What each attempt states of itself. The last end that was told is its end: what is retried without a number ends again. */
const attempts = (facts: string): string => `
  SELECT entity, ${ATTEMPT}, ${latest(text('repository'))} AS repository, ${latest(text('workflow'))} AS workflow,
    ${latest(text('workflow_path'))} AS workflow_path, ${latest(text('revision'))} AS revision, ${latest(text('branch'))} AS branch,
    ${latest(text('trigger'))} AS trigger, argMax(source, (occurred_at, id)) AS source,
    ${first('queued')} AS queued_at, ${first('started')} AS told_started_at,
    maxIf(toNullable(occurred_at), type = 'pipelinerun.finished') AS finished_at,
    argMaxIf(${text('outcome')}, (occurred_at, id), type = 'pipelinerun.finished') AS outcome,
    groupArray(id) AS ids, groupArray(delivery_id) AS deliveries
  FROM ${facts} WHERE startsWith(type, 'pipelinerun.') GROUP BY entity, attempt`;

/** When the first job of each attempt started, and from when until when jobs waited for what excuses a wait. */
const jobs = (facts: string): string => `
  SELECT entity AS of_entity, attempt AS of_attempt, min(job_started_at) AS jobs_started_at,
    arraySort(groupArrayIf((waits_from, waits_until), waits)) AS job_waits
  FROM (
    SELECT entity, attempt, minIf(toNullable(occurred_at), type = 'taskrun.started') AS job_started_at, countIf(held) > 0 AS waits,
      minIf(occurred_at, held) AS waits_from,
      arrayMin(arrayConcat([${FAR}], arrayFilter(at -> at > waits_from, groupArrayIf(occurred_at, NOT held)))) AS waits_until
    FROM (
      SELECT entity, ${ATTEMPT}, type, occurred_at, ${text('job_id')} AS job_id,
        type = 'taskrun.queued' AND lower(${text('wait_reason')}) IN ${EXCUSED} AS held
      FROM ${facts} WHERE startsWith(type, 'taskrun.')
    ) GROUP BY entity, attempt, job_id
  ) GROUP BY entity, attempt`;

/** Whether a run failed and then succeeded on the same revision, by whichever attempts. */
const flakes = (facts: string): string => `
  SELECT entity AS of_flaky, arraySort(groupArray((occurred_at, id, outcome, revision))) AS ends,
    arrayExists((e, i) -> e.3 = 'succeeded' AND arrayExists(b -> b.3 IN ('failed', 'timed_out') AND b.4 = e.4, arraySlice(ends, 1, i - 1)),
      ends, arrayEnumerate(ends)) AS flaked
  FROM (SELECT entity, occurred_at, id, ${text('outcome')} AS outcome, lower(${text('revision')}) AS revision FROM ${facts} WHERE type = 'pipelinerun.finished')
  GROUP BY entity`;

const runsSql = (table: (layer: string) => string): string => {
  const facts = table('facts');
  const told = `
    SELECT a.*, entity AS subject, substring(entity, 5) AS run_id, concat(run_id, ' ', toString(attempt)) AS atom_id,
      attempt = max(attempt) OVER (PARTITION BY entity) AS is_last, coalesce(told_started_at, j.jobs_started_at) AS started_at,
      j.job_waits AS job_waits, f.flaked AS flaked, assumeNotNull(coalesce(queued_at, started_at, finished_at)) AS owned_at
    FROM (${attempts(facts)}) AS a
    LEFT JOIN (${jobs(facts)}) AS j ON j.of_entity = a.entity AND j.of_attempt = a.attempt
    LEFT JOIN (${flakes(facts)}) AS f ON f.of_flaky = a.entity`;
  const placed = `
    SELECT t.*, s.${calledBy('repository', 't.repository')} AS services,
      multiIf(empty(services), t.repository, length(services) = 1, services[1], '${UNASSIGNED}') AS service
    FROM (${told}) AS t
    LEFT JOIN (${servicesNamed(`(${told})`, 'atom_id', 'owned_at', ['repository'], table)}) AS s ON s.of = t.atom_id`;
  return `
  SELECT * REPLACE (if(workflow = '', '${UNASSIGNED}', workflow) AS workflow), attempt AS attempt_no, toUInt8(is_last) AS last_attempt, toUInt8(flaked) AS flaky, '' AS excluded,
    arrayMap(w -> w.1, job_waits) AS wait_from_ats, arrayMap(w -> w.2, job_waits) AS wait_until_ats,
    arraySort(arrayDistinct(ids)) AS event_ids, arraySort(arrayDistinct(arrayFilter(d -> d != '', deliveries))) AS delivery_ids
  FROM (${withDimensions(placed, 'owned_at', table)})`;
};

/** An attempt of a pipeline run. */
export const runs: SubjectKind = {
  name: 'runs',
  description: 'one attempt of one pipeline run',
  types: [
    'pipelinerun.queued',
    'pipelinerun.started',
    'pipelinerun.finished',
    'taskrun.queued',
    'taskrun.started',
    'taskrun.finished',
  ],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    /** `run_id` and number of the attempt, joined by a blank. */
    atom_id: 'String',
    /** That of the repository: the repository itself where none is defined, `(unassigned)` where several share it. */
    service: 'LowCardinality(String)',
    run_id: 'String',
    attempt_no: 'UInt32',
    source: 'LowCardinality(String)',
    repository: 'LowCardinality(String)',
    workflow: 'LowCardinality(String)',
    workflow_path: 'LowCardinality(String)',
    revision: 'String',
    branch: 'LowCardinality(String)',
    trigger: 'LowCardinality(String)',
    /** succeeded failed cancelled timed_out skipped action_required neutral, or empty while it has not finished. */
    outcome: 'LowCardinality(String)',
    queued_at: maybeTime,
    /** As stated, else the start of its first job. */
    started_at: maybeTime,
    finished_at: maybeTime,
    /** When jobs began to wait for an approval or a limit that people set, and until when each did; far off while it does. */
    wait_from_ats: `Array(${time})`,
    wait_until_ats: `Array(${time})`,
    /** 1 if no later attempt of the run is known. */
    last_attempt: 'UInt8',
    /** 1 if the run failed and then succeeded on the same revision. */
    flaky: 'UInt8',
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: runsSql,
};
