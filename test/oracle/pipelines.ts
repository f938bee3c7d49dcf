import type { NormalizedEvent } from '../../ingest/event.ts';
import { attemptOf, text } from './attempts.ts';
import type { Stretch } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { SKEW_MS } from './incidents.ts';
import { compareEvents, dataOf, earliest, timeOf } from './known.ts';
import { wilson } from './statistics.ts';
import {
  type Dimensions,
  dimensionsOf,
  durations,
  type Item,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

const shared = { options: {}, graceHours: 48, sourcesAlone: true } as const;

/** metrics.md §5.2. */
export const pipelineMetrics: Readonly<Record<string, OracleMetric>> = {
  'pipeline.queue_time': {
    ...shared,
    unit: 'seconds',
    feeds: ['pipelinerun.queued'],
    items: queueTimes,
    summarize: (row) => durations(row, row.items, 1_000),
  },
  'pipeline.run_time': {
    ...shared,
    unit: 'seconds',
    feeds: ['pipelinerun.finished'],
    items: runTimes,
    summarize: (row) => durations(row, row.items, 1_000),
  },
  'pipeline.success_rate': {
    ...shared,
    unit: 'fraction',
    feeds: ['pipelinerun.finished'],
    items: (world, options) => judged(world, options, (attempt) => attempt.outcome === 'succeeded'),
    summarize: share,
  },
  'pipeline.flaky_rate': {
    ...shared,
    unit: 'fraction',
    feeds: ['pipelinerun.finished'],
    items: (world, options) => judged(world, options, (attempt) => attempt.flaky),
    summarize: share,
  },
  'platform.ci_start_latency': {
    ...shared,
    options: { finish: false, within_seconds: 60 },
    unit: 'fraction',
    feeds: ['pipelinerun.queued'],
    items: startLatencies,
    summarize: share,
  },
};

interface Attempt {
  readonly atomId: string;
  readonly dimensions: (options: Options) => Dimensions;
  readonly outcome: string;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly waits: readonly Stretch[];
  readonly isLast: boolean;
  readonly flaky: boolean;
}

interface HitItem extends Item {
  readonly hit: boolean;
}

/** Every attempt of every run that says anything of itself. */
function attemptsOf(world: World): Attempt[] {
  return remembered(world, 'pipeline attempts', () => {
    const about = world.events.filter((event) => /^(pipelinerun|taskrun)\./.test(event.type));
    const ids = [...new Set(about.map((event) => String(dataOf(event).run_id)))];
    return ids.flatMap((id) =>
      attemptsOfRun(
        world,
        id,
        about.filter((event) => dataOf(event).run_id === id),
      ),
    );
  });
}

function attemptsOfRun(world: World, id: string, about: readonly NormalizedEvent[]): Attempt[] {
  const own = about.filter((event) => event.type.startsWith('pipelinerun.'));
  const numbers = [...new Set(own.map(attemptOf))];
  const ends = own.filter((event) => event.type === 'pipelinerun.finished').sort(compareEvents);
  const revision = (event: NormalizedEvent): string => text(dataOf(event).revision).toLowerCase();
  const flaky = ends.some(
    (end, index) =>
      dataOf(end).outcome === 'succeeded' &&
      ends
        .slice(0, index)
        .some((one) => ['failed', 'timed_out'].includes(text(dataOf(one).outcome)) && revision(one) === revision(end)),
  );
  return numbers.map((number) => {
    const told = own.filter((event) => attemptOf(event) === number).sort(compareEvents);
    const tasks = about.filter((event) => event.type.startsWith('taskrun.') && attemptOf(event) === number);
    const of = (type: string): NormalizedEvent[] => told.filter((event) => event.type === `pipelinerun.${type}`);
    const stated = (field: string): string =>
      told
        .map((event) => text(dataOf(event)[field]))
        .filter((value) => value !== '')
        .at(-1) ?? '';
    const last = of('finished').at(-1);
    const queuedAt = earliest(of('queued'));
    const startedAt = earliest(of('started')) ?? earliest(tasks.filter((event) => event.type === 'taskrun.started'));
    const finishedAt = last ? timeOf(last) : null;
    const owned = queuedAt ?? startedAt ?? finishedAt!;
    const repository = stated('repository');
    const services = [...new Set(world.catalog.ofRepository(repository, owned).map((span) => span.service))];
    const service = services.length === 0 ? repository : services.length === 1 ? services[0]! : UNASSIGNED;
    const workflow = stated('workflow') || UNASSIGNED;
    return {
      atomId: `${id} ${number}`,
      dimensions: (options) => dimensionsOf(world, options, service, owned, { repository, workflow }),
      outcome: last ? text(dataOf(last).outcome) : '',
      queuedAt,
      startedAt,
      finishedAt,
      waits: waitsOf(tasks),
      isLast: number === Math.max(...numbers),
      flaky,
    };
  });
}

/** Per job, from its first wait for an approval or a limit that people set until it is heard of otherwise. */
function waitsOf(tasks: readonly NormalizedEvent[]): Stretch[] {
  const isHeld = (event: NormalizedEvent): boolean =>
    event.type === 'taskrun.queued' &&
    ['approval', 'concurrency'].includes(text(dataOf(event).wait_reason).toLowerCase());
  return [...new Set(tasks.map((event) => dataOf(event).job_id))].flatMap((job) => {
    const about = tasks.filter((event) => dataOf(event).job_id === job);
    const start = earliest(about.filter(isHeld));
    if (start === null) return [];
    const after = about.filter((event) => !isHeld(event) && timeOf(event) > start).map(timeOf);
    return [{ start, end: Math.min(Number.POSITIVE_INFINITY, ...after) }];
  });
}

function queueTimes(world: World, options: Options): Item[] {
  return attemptsOf(world).map((attempt): Item => {
    const { queuedAt, startedAt, finishedAt, outcome } = attempt;
    const never = startedAt === null && finishedAt !== null;
    const excluded = never
      ? ['cancelled', 'skipped'].includes(outcome)
        ? outcome
        : 'no_start'
      : outcome === 'skipped'
        ? outcome
        : skewed(queuedAt, startedAt);
    const duration = queuedAt === null || startedAt === null ? null : Math.max(0, startedAt - queuedAt);
    return { ...base(attempt, options), at: queuedAt, excluded, duration, since: queuedAt ?? 0 };
  });
}

function runTimes(world: World, options: Options): Item[] {
  return attemptsOf(world).map((attempt): Item => {
    const { startedAt, finishedAt, outcome } = attempt;
    const excluded =
      startedAt === null
        ? 'no_start'
        : ['cancelled', 'skipped', 'action_required'].includes(outcome)
          ? outcome
          : skewed(startedAt, finishedAt);
    const duration = finishedAt === null || startedAt === null ? null : Math.max(0, finishedAt - startedAt);
    return { ...base(attempt, options), at: finishedAt, excluded, duration, since: startedAt ?? 0 };
  });
}

function judged(world: World, options: Options, isHit: (attempt: Attempt) => boolean): HitItem[] {
  return attemptsOf(world).map((attempt) => ({
    ...base(attempt, options),
    at: attempt.finishedAt,
    excluded: !attempt.isLast
      ? 'earlier_attempt'
      : ['succeeded', 'failed', 'timed_out', ''].includes(attempt.outcome)
        ? ''
        : attempt.outcome,
    hit: isHit(attempt),
  }));
}

function startLatencies(world: World, options: Options): HitItem[] {
  const withinMs = Number(options.within_seconds) * 1_000;
  return attemptsOf(world).map((attempt) => {
    const { queuedAt, outcome, finishedAt } = attempt;
    const completedAt = outcome === 'cancelled' ? null : finishedAt;
    const reachedAt = options.finish === true ? completedAt : attempt.startedAt;
    const end = reachedAt ?? finishedAt ?? world.asOf;
    const lasted = queuedAt === null ? 0 : Math.max(0, end - queuedAt - excused(attempt.waits, queuedAt, end));
    let excluded = '';
    if (outcome === 'skipped') excluded = outcome;
    else if (outcome === 'cancelled' && queuedAt !== null && finishedAt! - queuedAt < withinMs) excluded = outcome;
    else if (skewed(queuedAt, reachedAt) !== '') excluded = 'negative_duration';
    else if (reachedAt === null && finishedAt !== null && outcome !== 'cancelled') excluded = 'no_start';
    else if (reachedAt === null && finishedAt === null && lasted <= withinMs) excluded = 'pending';
    return {
      ...base(attempt, options),
      at: queuedAt,
      excluded,
      hit: reachedAt !== null && lasted <= withinMs,
    };
  });
}

function excused(waits: readonly Stretch[], from: number, to: number): number {
  let total = 0;
  let reached = from;
  for (const wait of [...waits].sort((a, b) => a.start - b.start)) {
    const start = Math.max(wait.start, reached);
    const end = Math.min(wait.end, to);
    if (end > start) {
      total += end - start;
      reached = end;
    }
  }
  return total;
}

function skewed(start: number | null, end: number | null): string {
  return start !== null && end !== null && start - end > SKEW_MS ? 'negative_duration' : '';
}

function base(attempt: Attempt, options: Options) {
  return { atomId: attempt.atomId, dimensions: attempt.dimensions(options) };
}

function share(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const numerator = counted.filter((item) => (item as HitItem).hit).length;
  return {
    value: counted.length === 0 ? null : numerator / counted.length,
    n: counted.length,
    ci: wilson(numerator, counted.length),
    excluded,
    notApplicable: counted.length === 0,
    insufficient: counted.length < 5,
    facts: { numerator, denominator: counted.length },
  };
}
