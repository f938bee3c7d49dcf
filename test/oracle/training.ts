import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { cohortsOf, type PersonalItem } from './cohorts.ts';
import { dataOf, timeOf } from './known.ts';
import { by, lastStated, personalDimensions, principalOf } from './principals.ts';
import { type ShareItem, share } from './shares.ts';
import { type OracleMetric, type RowContext, type Summary, within } from './summary.ts';
import type { World } from './world.ts';

/** metrics.md §7.2. */
export const trainingMetrics: Readonly<Record<string, OracleMetric>> = {
  'people.training_completion': {
    unit: 'fraction',
    options: {},
    graceHours: 48,
    sourcesAlone: true,
    feeds: ['training.assigned'],
    isOfCohorts: true,
    items: (world, _options, tz) => cohortsOf(assignments(world), tz, (item) => item.dimensions.team!),
    summarize: completion,
  },
};

interface Assignment extends ShareItem, PersonalItem {
  readonly at: number;
  readonly late: boolean;
  /** What the last completion says of it. */
  readonly passed: boolean | null;
}

/** R82: a training that somebody was given. */
function assignments(world: World): Assignment[] {
  const given = world.events.filter((event) => event.type === 'training.assigned');
  const completed = world.events.filter((event) => event.type === 'training.completed');
  // The tool that gives a training spells a person in one way; who tells of leaving may know them by another name.
  const name = (event: NormalizedEvent): string => text(dataOf(event).person).toLowerCase();
  const who = (event: NormalizedEvent): string => principalOf(world, name(event)).key;
  const course = (event: NormalizedEvent): string => text(dataOf(event).course).toLowerCase();
  const number = (event: NormalizedEvent): string => text(dataOf(event).assignment_id);
  const groups = by(given, (event) => JSON.stringify([name(event), course(event), number(event)]));
  const all = [...groups].map(([atomId, events]) => {
    const first = events[0]!;
    const dueAt = Date.parse(lastStated(events, 'due_at'));
    const done = completed.filter(
      (event) =>
        name(event) === name(first) &&
        course(event) === course(first) &&
        (number(event) === '' || number(first) === '' || number(event) === number(first)) &&
        timeOf(event) >= timeOf(first),
    );
    const doneAt = done[0] ? timeOf(done[0]) : null;
    const login = name(first);
    const moves = world.events.filter(
      (event) => ['person.joined', 'person.left'].includes(event.type) && who(event) === who(first),
    );
    const left = moves.findLast((event) => timeOf(event) < dueAt)?.type === 'person.left';
    const verdict = done.map((event) => dataOf(event).passed).findLast((passed) => typeof passed === 'boolean');
    return {
      atomId,
      at: dueAt,
      person: who(first),
      dimensions: personalDimensions(
        world,
        { ownership: 'then' },
        { login, team: lastStated(events, 'team'), at: dueAt },
      ),
      excluded: principalOf(world, login).kind || (left ? 'left' : ''),
      hit: doneAt !== null && doneAt <= dueAt,
      open: doneAt === null && world.asOf < dueAt,
      late: doneAt !== null && doneAt > dueAt,
      passed: typeof verdict === 'boolean' ? verdict : null,
    };
  });
  return all.filter((item) => item.excluded === '' && !Number.isNaN(item.at));
}

function completion(row: RowContext): Summary {
  const { counted } = within(row.items, row);
  const items = counted as Assignment[];
  const tested = items.filter((item) => item.passed !== null);
  return {
    ...share(row),
    facts: { ...share(row).facts, late_n: items.filter((item) => item.late).length },
    derived: {
      pass_rate: tested.length === 0 ? null : tested.filter((item) => item.passed === true).length / tested.length,
    },
  };
}
