import { z } from 'zod';
import { repositoryNamed } from '../repository.ts';
import { facts, ignored, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { type CdEvent, content, ownId, readContent } from './shape.ts';

const pipeline = z.object({ pipelineName: content.text(), outcome: content.text(64) });
const task = z.object({ taskName: content.text(), pipelineRun: content.place.nullish(), outcome: content.text(64) });

type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'timed_out' | 'skipped' | 'neutral';

/** Free text up to 0.5, then a closed list; tools that are older than either write what they like. */
const outcomes: ReadonlyMap<string, Outcome> = new Map([
  ...['success', 'succeeded', 'successful', 'passed'].map((word) => [word, 'succeeded'] as const),
  ...['failure', 'failed', 'fail', 'error', 'errored'].map((word) => [word, 'failed'] as const),
  ...['cancel', 'cancelled', 'canceled', 'aborted'].map((word) => [word, 'cancelled'] as const),
  ...['timeout', 'timed_out'].map((word) => [word, 'timed_out'] as const),
  ...['skip', 'skipped'].map((word) => [word, 'skipped'] as const),
]);

/** `pipelinerun.queued`, `.started` and `.finished`. */
export function pipelineRunFacts(event: CdEvent): Normalized {
  const { predicate, extras } = event;
  if (predicate !== 'queued' && predicate !== 'started' && predicate !== 'finished') {
    return ignored(`no metric reads pipelinerun.${predicate}`);
  }
  const read = readContent(event, pipeline);
  if (!read.ok) return read.normalized;
  const data = {
    run_id: extras.run_id ?? ownId(event.about.source, event.about.id),
    attempt_no: extras.attempt_no,
    repository: repositoryFor(event),
    workflow: read.value.pipelineName,
    revision: extras.commit?.toLowerCase(),
    branch: extras.branch,
    actor: extras.author,
  };
  const key = [event.source, event.id];
  if (predicate !== 'finished') return facts(snapshot(`pipelinerun.${predicate}`, event.at, key, data));
  const outcome = outcomeOf(extras.outcome ?? read.value.outcome);
  if (outcome === undefined) return rejected('subject.content.outcome: is not known');
  return facts(snapshot('pipelinerun.finished', event.at, key, { ...data, outcome }));
}

/** `taskrun.started` and `.finished`; and `build.*`, a job that calls itself build. */
export function taskRunFacts(event: CdEvent): Normalized {
  const { subject, predicate, extras, about } = event;
  if (predicate !== 'queued' && predicate !== 'started' && predicate !== 'finished') {
    return ignored(`no metric reads ${subject}.${predicate}`);
  }
  const read = readContent(event, task);
  if (!read.ok) return read.normalized;
  const job_id = ownId(about.source, about.id);
  const run = read.value.pipelineRun;
  const data = {
    job_id,
    // Of a job that names no run it is known that it ran, and no more.
    run_id: extras.run_id ?? (run ? ownId(run.source ?? about.source, run.id) : job_id),
    attempt_no: extras.attempt_no,
    repository: repositoryFor(event),
    job: read.value.taskName ?? (subject === 'build' ? 'build' : undefined),
    revision: extras.commit?.toLowerCase(),
  };
  const key = [event.source, event.id];
  if (predicate !== 'finished') return facts(snapshot(`taskrun.${predicate}`, event.at, key, data));
  // A build has no outcome: it finishes by yielding its artifact.
  const said = extras.outcome ?? read.value.outcome ?? (subject === 'build' ? 'success' : undefined);
  const outcome = outcomeOf(said);
  if (outcome === undefined) return rejected('subject.content.outcome: is not known');
  return facts(snapshot('taskrun.finished', event.at, key, { ...data, outcome }));
}

/** The specification lets a run end without an outcome: it ended then, and neither passed nor failed. */
function outcomeOf(text: string | undefined): Outcome | undefined {
  return text === undefined ? 'neutral' : outcomes.get(text.toLowerCase());
}

/** Runs name no repository; where the sender adds none, the source that speaks of them stands for it. */
function repositoryFor({ extras, about }: CdEvent): string {
  return repositoryNamed(extras.repository) ?? about.source.slice(0, 512);
}
