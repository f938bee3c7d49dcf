import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Story } from '../../services/demo/year/story.ts';
import { storyOfYear, syntheticYear, type YearOptions } from '../../services/demo/year/year.ts';
import { type Received, receiveYear, yearOf } from './demo-year.ts';

const SEED = 'headway';
console.info(`seed: ${SEED}`);

/** Digest of the first deliveries, some weeks; all of them would only be slower. */
function digest(options: YearOptions, count: number): string {
  const hash = createHash('sha256');
  let seen = 0;
  for (const { at, source, headers, body } of syntheticYear(options)) {
    hash.update(JSON.stringify([at, source, headers, body]));
    if (++seen === count) break;
  }
  return hash.digest('hex');
}

test('a year is a function of its seed and its end', async () => {
  const options = await yearOf(SEED);
  expect(digest(options, 1500)).toBe(digest({ ...options }, 1500));
  expect(digest({ ...options, seed: 'other' }, 1500)).not.toBe(digest(options, 1500));
  expect(digest({ ...options, end: '2026-11-19T15:00:00.000Z' }, 1500)).not.toBe(digest(options, 1500));
});

describe('a year, as the sources read it', () => {
  let year: Awaited<ReturnType<typeof receiveYear>>;
  let story: Story;
  beforeAll(async () => {
    const options = await yearOf(SEED);
    story = storyOfYear(options);
    year = await receiveYear(options);
  }, 300_000);

  const of = (type: string): Received[] => year.facts.filter((fact) => fact.type === type);
  const data = (fact: Received): Record<string, unknown> => fact.data as Record<string, unknown>;
  const time = (instant: string): number => Date.parse(instant);

  test('has the size of a year that loads in a minute', () => {
    expect(year.deliveries).toBeGreaterThan(15_000);
    expect(year.deliveries).toBeLessThan(36_000);
  });

  test('is read without exception: nothing is refused, and signatures hold', () => {
    expect(year.refused).toEqual([]);
    expect(year.unverified).toEqual([]);
    expect(year.ignored).toBe(0);
  });

  test('arrives in order, and no fact comes from the future', () => {
    for (const [index, fact] of year.facts.entries()) {
      expect(time(fact.occurred_at)).toBeLessThanOrEqual(time(fact.at));
      if (index > 0) expect(time(fact.at)).toBeGreaterThanOrEqual(time(year.facts[index - 1]?.at ?? fact.at));
    }
  });

  test('tells of everything that the numbers need', () => {
    const outcomes = new Set(of('deployment.finished').map((fact) => data(fact).outcome));
    expect([...outcomes].sort()).toEqual(['cancelled', 'failed_dark', 'failed_live', 'succeeded', 'superseded']);
    const kinds = ['change.abandoned', 'incident.merged', 'incident.reopened', 'incident.linked', 'service.rolledback'];
    for (const kind of [...kinds, 'source.silent', 'survey.answered', 'service.defined', 'deployment.exposed'])
      expect(of(kind).length, kind).toBeGreaterThan(0);
    expect(of('incident.reclassified').some((fact) => data(fact).false_alarm === true)).toBe(true);
    expect(of('change.merged').some((fact) => data(fact).author_kind === 'bot')).toBe(true);
    const told = of('change.updated').map(data);
    expect(told.some(({ revert_of }) => revert_of !== undefined)).toBe(true);
    expect(told.some(({ fixes_incident }) => fixes_incident !== undefined)).toBe(true);
    expect(of('deployment.finished').some((fact) => Number(data(fact).attempt_no) > 1)).toBe(true);
    expect(of('branch.pushed').some((fact) => data(fact).forced === true)).toBe(true);
    const late = year.facts.filter(
      (fact) => fact.source === 'github' && time(fact.at) - time(fact.occurred_at) > 7_200_000,
    );
    expect(late.length).toBeGreaterThan(10);
  });

  test('tells of maintenance that was announced in time, too late, made longer, called off and done early', async () => {
    const announced = of('maintenance.announced');
    const starts = (fact: Received) => time(String(data(fact).starts_at));
    const late = announced.filter((fact) => time(fact.occurred_at) > starts(fact));
    const ids = new Set(late.map((fact) => data(fact).maintenance_id));
    const early = announced.filter((fact) => time(fact.occurred_at) < starts(fact));
    expect(early.length).toBeGreaterThan(30);
    expect(late.some((fact) => early.some((one) => data(one).maintenance_id === data(fact).maintenance_id))).toBe(true);
    expect([...ids].some((id) => !early.some((fact) => data(fact).maintenance_id === id))).toBe(true);
    expect(of('maintenance.cancelled').length).toBeGreaterThan(0);
    expect(of('maintenance.completed').length).toBeGreaterThan(20);
    const { definitions } = await yearOf(SEED);
    const services = new Set(definitions.flatMap((one) => (one.type === 'service.defined' ? one.data.service_id : [])));
    for (const fact of announced) for (const one of data(fact).services as string[]) expect(services).toContain(one);
    const [begin, end] = [story.end - 30 * 86_400_000, story.end];
    expect(early.filter((fact) => starts(fact) > begin && starts(fact) < end).length).toBeGreaterThan(1);
  });

  test('says for every repair and every cause something that exists', () => {
    const incidents = new Set(of('incident.detected').map((fact) => data(fact).incident_id));
    const changes = new Set(of('change.merged').map((fact) => data(fact).change_id));
    const revisions = new Set(of('deployment.finished').map((fact) => data(fact).revision));
    for (const change of of('change.updated').map(data)) {
      if (change.fixes_incident !== undefined) expect(incidents).toContain(change.fixes_incident);
    }
    const causes = of('incident.linked').map((fact) => String(data(fact).caused_by));
    expect(causes.length).toBeGreaterThan(30);
    for (const cause of causes) {
      const pull = /github\.com\/(.+)\/pull\/(\d+)$/.exec(cause);
      if (pull) expect(changes).toContain(`${pull[1]}#${pull[2]}`);
      else expect(revisions).toContain(cause);
    }
  });

  /** Successful production rollouts of a service or repository, by time. */
  const production = (): Received[] =>
    of('deployment.finished').filter(
      (fact) => data(fact).outcome === 'succeeded' && String(data(fact).environment).startsWith('prod-'),
    );

  /** Hours from opening to the next production rollout of the same repository after the merge. */
  function leadTimes(repositories: ReadonlySet<string>, from: number, to: number): number[] {
    const rollouts = new Map<string, number[]>();
    for (const fact of production()) {
      const repository = String(data(fact).repository);
      rollouts.set(repository, [...(rollouts.get(repository) ?? []), time(fact.occurred_at)]);
    }
    for (const list of rollouts.values()) list.sort((a, b) => a - b);
    return of('change.merged').flatMap((fact) => {
      const { repository, opened_at, author_kind } = data(fact);
      if (author_kind === 'bot' || !repositories.has(String(repository))) return [];
      const live = rollouts.get(String(repository))?.find((at) => at > time(fact.occurred_at));
      return live === undefined || live < from || live >= to ? [] : [(live - time(String(opened_at))) / 3_600_000];
    });
  }

  const median = (values: number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

  /** Geometric mean: the median of waiting times that come in whole days jumps. */
  const typical = (hours: number[]): number =>
    Math.exp(hours.reduce((sum, value) => sum + Math.log(Math.max(value, 0.1)), 0) / hours.length);

  test('the initiative helps those who adopt it, and nobody else', async () => {
    const options = await yearOf(SEED);
    const begins = Math.min(...story.adoption.values());
    const repositoriesOf = (adopters: boolean): Set<string> => {
      const found = new Set<string>();
      for (const { type, data: service } of options.definitions) {
        if (type !== 'service.defined' || service.repository === undefined || service.exempt !== undefined) continue;
        const adopts = story.adoption.has(service.team ?? '') && service.applications !== undefined;
        if (adopts === adopters) found.add(service.repository);
      }
      return found;
    };
    const change = (adopters: boolean): { before: number; after: number } => {
      const repositories = repositoriesOf(adopters);
      const before = leadTimes(repositories, begins - 100 * 86_400_000, begins);
      const after = leadTimes(repositories, begins + 28 * 86_400_000, story.end);
      expect(before.length).toBeGreaterThan(100);
      expect(after.length).toBeGreaterThan(100);
      return { before: typical(before), after: typical(after) };
    };
    const adopters = change(true);
    const others = change(false);
    console.info('hours from opening to production, geometric mean', { adopters, others });
    expect(adopters.after).toBeLessThan(adopters.before * 0.6);
    expect(others.after / others.before).toBeGreaterThan(0.7);
    expect(others.after / others.before).toBeLessThan(1.4);
  });

  test('the bad quarter is bad', () => {
    const { from, to } = story.badQuarter;
    const within = (instant: string): boolean => time(instant) >= from && time(instant) < to;
    const causes = new Map(of('incident.linked').map((fact) => [String(data(fact).incident_id), fact]));
    const began = new Map(of('incident.detected').map((fact) => [String(data(fact).incident_id), fact.occurred_at]));
    const restored = new Map(of('incident.resolved').map((fact) => [String(data(fact).incident_id), fact.occurred_at]));
    const minutes = (inside: boolean): number[] =>
      [...causes.keys()].flatMap((id) => {
        const [start, end] = [began.get(id), restored.get(id)];
        return start === undefined || end === undefined || within(start) !== inside
          ? []
          : [(time(end) - time(start)) / 60_000];
      });
    const revisions = (inside: boolean): number =>
      new Set(
        production()
          .filter((fact) => within(fact.occurred_at) === inside)
          .map((fact) => data(fact).revision),
      ).size;
    const rate = (inside: boolean): number => minutes(inside).length / revisions(inside);
    console.info(
      'linked incidents per revision',
      rate(true),
      rate(false),
      'minutes',
      median(minutes(true)),
      median(minutes(false)),
    );
    expect(rate(true)).toBeGreaterThan(1.7 * rate(false));
    expect(median(minutes(true))).toBeGreaterThan(1.4 * median(minutes(false)));
  });

  test('nights, weekends and the days between the years are quiet', () => {
    const merges = of('change.merged').filter((fact) => data(fact).fixes_incident === undefined);
    const weekend = merges.filter((fact) => [0, 6].includes(new Date(fact.occurred_at).getUTCDay()));
    expect(weekend.length / merges.length).toBeLessThan(0.02);
    const between = merges.filter((fact) => fact.occurred_at >= '2025-12-25' && fact.occurred_at < '2026-01-02');
    expect(between.length).toBeLessThan(3);
  });

  test('services move between teams, once written down late', () => {
    const moves = of('service.defined').filter((fact) => time(fact.at) > story.start + 86_400_000);
    expect(moves.length).toBe(2);
    const delays = moves.map((fact) => (time(fact.at) - time(fact.occurred_at)) / 86_400_000).sort((a, b) => a - b);
    expect(delays[0]).toBeLessThan(1);
    expect(delays[1]).toBeGreaterThan(8);
  });

  test('one tool falls silent, and is declared so', () => {
    const [silent] = of('source.silent');
    expect(silent).toBeDefined();
    const heard = year.facts.filter((fact) => fact.source === data(silent!).name);
    const gap = heard.filter((fact) => time(fact.at) >= story.silence.from && time(fact.at) < story.silence.to);
    expect(heard.length).toBeGreaterThan(30);
    expect(gap).toEqual([]);
    expect(heard.some((fact) => time(fact.at) >= story.silence.to)).toBe(true);
  });

  test('every quarter asks every team; one team has fewer answers than may be shown', () => {
    const answers = of('survey.answered')
      .map(data)
      .filter(({ item }) => item === 'overall');
    const waves = new Set(answers.map(({ wave }) => wave));
    expect(waves.size).toBe(4);
    for (const wave of waves) {
      const sizes = new Map<unknown, number>();
      for (const answer of answers) if (answer.wave === wave) sizes.set(answer.team, (sizes.get(answer.team) ?? 0) + 1);
      expect(Math.min(...sizes.values())).toBeLessThan(5);
      expect(Math.max(...sizes.values())).toBeGreaterThanOrEqual(5);
    }
  });

  test('where comments are asked for, each wave has some to show, and nothing else of the year is another', async () => {
    const spoken = await receiveYear({ ...(await yearOf(SEED)), comments: true });
    const commented = spoken.facts.filter(({ type }) => type === 'survey.commented');
    const people = new Map<unknown, Set<unknown>>();
    for (const { wave, respondent } of commented.map(data))
      people.set(wave, (people.get(wave) ?? new Set()).add(respondent));
    expect(people.size).toBe(4);
    expect(Math.min(...[...people.values()].map(({ size }) => size))).toBeGreaterThanOrEqual(10);
    expect(spoken.refused).toEqual([]);
    expect(of('survey.commented')).toEqual([]);
    expect(spoken.facts.length - commented.length).toBe(year.facts.length);
  });
});
