import { expect, test } from 'vitest';
import type { EventData } from '../../ingest/vocabulary/vocabulary.ts';
import { type Comment, nextComments, toldComments } from '../../queries/privacy/comments.ts';
import { ledgerOf, type Stated, setKey, statement } from '../../queries/privacy/publication.ts';
import { newRandom, type Random } from '../histories/random.ts';

const K = 10;
const CLOSED = '2025-03-10T00:00:00.000Z';
const DAYS = Array.from({ length: 12 }, (_, day) => `2025-03-${10 + day}`);
/** When what comes in on a day comes in, and when everybody asks. */
const morning = (day: number, ms = 0) => `${DAYS[day]}T08:00:00.${String(ms).padStart(3, '0')}Z`;
const noon = (day: number) => `${DAYS[day]}T12:00:00.000Z`;

type Publication = EventData<'survey.comments_published'>;

/** A comment with whose it is and when it was written: `at` decides which of a person's counts. */
interface Written extends Comment {
  readonly at: number;
}

/** People who comment, change their minds, come in late, twice, or say what others say too. */
function written(seed: number): readonly Written[] {
  const random = newRandom(seed);
  const people = random.int(8, 60);
  const late = random.pick([0.2, 0.5, 0.8]);
  return Array.from({ length: people }, (_, person) => {
    const times = random.chance(0.3) ? random.int(2, 4) : 1;
    return Array.from({ length: times }, (_time, version) => {
      const day = random.chance(late) ? random.int(0, DAYS.length - 1) : 0;
      const text = random.chance(0.15) ? 'Fine.' : `person ${person} version ${version}`;
      return {
        respondent: `r${person}`,
        text,
        at: random.int(0, 1_000_000),
        recordedAt: morning(day, random.int(0, 2)),
      };
    });
  }).flat();
}

/** What the store has of it at an instant, in the order in which it was written; a torn batch lacks some of that instant. */
function known(all: readonly Written[], at: string, isThere: (one: Written) => boolean = () => true): Written[] {
  return all
    .filter((one) => one.recordedAt < at && isThere(one))
    .sort((a, b) => a.at - b.at || (a.text < b.text ? -1 : 1));
}

function propose(comments: readonly Comment[], held: readonly Stated<Publication>[], now: string) {
  const next = nextComments(held, { wave: 'W', item: 'x', closeKnownAt: CLOSED, comments }, K);
  if (next === null) return [];
  const { id, data } = statement('survey.comments_published', next, now);
  return [{ id, data: data as Publication }];
}

const held = (stated: readonly Stated<Publication>[]) => ledgerOf(stated).get(setKey('W', 'x')) ?? [];

/**
 * The log of publications where somebody asks on some of the days, sometimes two processes at once, one of which has not got
 * all of the last batch.
 */
function publish(random: Random, all: readonly Written[], isTorn = true): readonly Stated<Publication>[] {
  let stated: readonly Stated<Publication>[] = [];
  for (let day = 0; day < DAYS.length; day += 1) {
    if (random.chance(0.2)) continue;
    const ledger = held(stated);
    const whole = known(all, noon(day));
    const torn = known(all, noon(day), (one) => !isTorn || one.recordedAt < morning(day, 1) || random.chance(0.5));
    const both = random.shuffled([...propose(whole, ledger, noon(day)), ...propose(torn, ledger, noon(day))]);
    stated = [...stated, ...(random.chance(0.5) ? both : both.slice(0, 1))];
  }
  return stated;
}

/** How often each text is there. */
function counted(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** What of `a` is not in `b`, each text as often as it is more often there. */
function difference(a: readonly string[], b: readonly string[]): string[] {
  const others = counted(b);
  return [...counted(a)].flatMap(([text, times]) =>
    Array<string>(Math.max(0, times - (others.get(text) ?? 0))).fill(text),
  );
}

const seeds = Array.from({ length: 100 }, (_, index) => 20_250_310 + index);

test(`no two answers differ by the comments of one to nine people, seeds ${seeds[0]} to ${seeds.at(-1)}`, () => {
  let told = 0;
  let steps = 0;
  for (const seed of seeds) {
    const all = written(seed);
    const ledger = held(publish(newRandom(seed ^ 0xc0), all));
    const instants = DAYS.flatMap((_, day) => [morning(day), morning(day, 1), morning(day, 2), noon(day)]);
    const answers = [...instants, null].map((asOf) => toldComments(ledger, asOf));
    for (const a of answers)
      for (const b of answers) {
        const [more, less] = [difference(a, b), difference(b, a)];
        // One of two answers holds the other: nothing that was given out is taken back.
        expect(Math.min(more.length, less.length), `seed ${seed}`).toBe(0);
        expect([0, ...more].length === 1 || more.length >= K, `seed ${seed}: ${more.length}`).toBe(true);
        // Nobody is there twice, so that ten comments are of ten people.
        const names = more.flatMap((text) => /^person \d+/.exec(text)?.[0] ?? []);
        expect(new Set(names).size, `seed ${seed}`).toBe(names.length);
      }
    const last = answers.at(-1)!;
    told += last.length > 0 ? 1 : 0;
    steps += ledger.length > 1 ? 1 : 0;
    // Nothing is told that was not known then.
    answers.forEach((answer, index) => {
      const at = instants[index];
      if (at === undefined) return;
      const there = all.filter(({ recordedAt }) => recordedAt <= at).map(({ text }) => text);
      expect(difference([...new Set(answer)], [...new Set(there)]), `seed ${seed}`).toEqual([]);
    });
  }
  // The attack had something to attack.
  expect(told).toBeGreaterThan(70);
  expect(steps).toBeGreaterThan(25);
});

test('the order in which comments came in, and that some came twice, changes nothing of what is given out', () => {
  for (const seed of seeds) {
    const all = written(seed);
    const random = newRandom(seed);
    // At the same instants, in another order, some of them again.
    const again = random.shuffled([...all, ...all.filter(() => random.chance(0.3))]);
    const asked = (list: readonly Written[]) => held(publish(newRandom(seed ^ 0xc0), list, false));
    expect(toldComments(asked(again), null), `seed ${seed}`).toEqual(toldComments(asked(all), null));
  }
});

test('who comes to say what another had said is nobody new, nor is the other', () => {
  const of = (person: number, text: string, day: number, at = person): Written => ({
    respondent: `r${person}`,
    text,
    at,
    recordedAt: morning(day),
  });
  const first = Array.from({ length: 10 }, (_, person) => of(person, `person ${person}`, 0));
  const ledger = held(propose(known(first, noon(0)), [], noon(0)));
  expect(toldComments(ledger, null)).toHaveLength(10);
  const nine = Array.from({ length: 9 }, (_, index) => of(20 + index, `person ${20 + index}`, 1));
  const all = [...first, of(0, 'person 1', 1, 100), ...nine];
  expect(propose(known(all, noon(1)), ledger, noon(1))).toEqual([]);
  expect(propose(known([...all, of(29, 'person 29', 1)], noon(1)), ledger, noon(1))).toHaveLength(1);
});
