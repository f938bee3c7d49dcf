import { expect, test } from 'vitest';
import { WHOLE } from '../../queries/axis.ts';
import { cellsOf, type SurveyCell } from '../../queries/privacy/answered.ts';
import { toldOf } from '../../queries/privacy/ledger.ts';
import {
  type AnswerSet,
  ledgerOf,
  nextPublication,
  type Publication,
  publicationEvent,
  type Stated,
  setKey,
} from '../../queries/privacy/publication.ts';
import { newRandom } from '../histories/random.ts';

const K = 5;
const closed = '2025-03-10T00:00:00.000Z';
const days = ['2025-03-10', '2025-03-12', '2025-03-14', '2025-03-16'].map((day) => `${day}T12:00:00.000Z`);
const axis = {
  window: { start: Date.parse('2025-03-01'), end: Date.parse('2025-04-01') },
  reach: { start: Date.parse('2025-03-01'), end: Date.parse('2025-04-01') },
  buckets: [],
};

interface Person {
  readonly item: string;
  readonly team: string;
  readonly region: string;
  readonly score: number;
  /** On which of the days the answer was there first. */
  readonly day: number;
}

function survey(seed: number): readonly Person[] {
  const random = newRandom(seed);
  const teams = ['a', 'b', 'c', 'd', 'e'].slice(0, random.int(2, 5));
  const regions = ['eu', 'us'].slice(0, random.int(1, 2));
  return ['x', 'y'].flatMap((item) =>
    teams.flatMap((team) => {
      const home = regions[random.int(0, regions.length - 1)]!;
      return Array.from({ length: random.int(1, 14) }, () => ({
        item,
        team,
        region: random.chance(0.8) ? home : regions[random.int(0, regions.length - 1)]!,
        score: random.int(1, 5),
        day: random.chance(0.6) ? 0 : random.int(0, days.length - 1),
      }));
    }),
  );
}

/** One item as it stands on a day. */
function setOf(people: readonly Person[], item: string, day: number): AnswerSet {
  const answers = people
    .filter((person) => person.item === item && person.day <= day)
    .map(({ team, region, score, day: came }) => ({ team, region, score, recordedAt: days[came]!, count: 1 }));
  return { wave: 'W', item, scale: '1-5', versions: [], closedAt: closed, closeKnownAt: closed, answers, invited: [] };
}

/** What is published when everybody asks every day. */
function publish(people: readonly Person[], k: number): readonly Stated[] {
  const stated: Stated[] = [];
  days.forEach((now, day) => {
    for (const item of ['x', 'y']) {
      const before = ledgerOf(stated).get(setKey('W', item))?.at(-1) ?? null;
      const next = nextPublication(before, setOf(people, item, day), k);
      if (next === null) continue;
      const { id, data } = publicationEvent(next, now);
      stated.push({ id, data: data as Publication });
    }
  });
  return stated;
}

const subsets = (values: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: 2 ** values.length }, (_, bits) => values.filter((_value, index) => (bits >> index) % 2 === 1));
const groupings = [[], ['team'], ['region'], ['item'], ['team', 'region'], ['item', 'team'], ['item', 'region']];

/** Every allowed question, each answered row as which answers are in it; its number and sum are checked to be theirs. */
function equations(people: readonly Person[], k: number): readonly (readonly number[])[] {
  const ledger = ledgerOf(publish(people, k));
  const teams = [...new Set(people.map(({ team }) => team))];
  const rows = new Map<string, readonly number[]>();
  for (const asOf of [...days, null]) {
    const sets = ['x', 'y'].map((item) => {
      const set = setOf(people, item, days.length - 1);
      return toldOf({ ...set, places: set.answers }, ledger.get(setKey('W', item)) ?? [], asOf);
    });
    for (const team of subsets(teams))
      for (const region of subsets(['eu', 'us']))
        for (const item of subsets(['x', 'y']))
          for (const groupBy of groupings) {
            const given = { team, region, item };
            const filters = Object.fromEntries(Object.entries(given).filter(([, values]) => values.length > 0));
            for (const cell of cellsOf(sets, '1-5', { groupBy, filters }, axis).values()) {
              const told = cell.tallies.survey as SurveyCell;
              if (told.hidden || cell.items === 0 || cell.bucket !== WHOLE) continue;
              const inside = people.map((person): number => {
                const isAsked = Object.entries(filters).every(([name, of]) => of.includes(person[name as 'team']));
                const isGroup = groupBy.every((name, index) => person[name as 'team'] === cell.keys[index]);
                const blocks = sets.find((set) => set.item === person.item)?.publication?.blocks ?? [];
                const block = blocks.find(({ cells }) =>
                  cells.some((one) => one.team === person.team && one.region === person.region),
                );
                return isAsked && isGroup && block !== undefined && days[person.day]! <= block.known_until ? 1 : 0;
              });
              const sum = people.reduce((total, { score }, index) => total + score * inside[index]!, 0);
              expect(inside.filter((one) => one === 1)).toHaveLength(cell.items);
              expect(cell.values.reduce((total, value) => total + value, 0)).toBe(sum);
              rows.set(inside.join(''), inside);
            }
          }
  }
  return [...rows.values()];
}

const P = 2_147_483_629;
const mul = (a: number, b: number) => Number((BigInt(a) * BigInt(b)) % BigInt(P));
const inverse = (a: number): number => {
  let [result, base, power] = [1, a, P - 2];
  for (; power > 0; power = Math.floor(power / 2)) {
    if (power % 2 === 1) result = mul(result, base);
    base = mul(base, base);
  }
  return result;
};

/** Rows in echelon form, modulo a prime: what can be solved for is what they span. */
function echelon(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const basis: number[][] = [];
  for (const row of rows) {
    const rest = reduce(row, basis);
    const lead = rest.findIndex((one) => one !== 0);
    if (lead < 0) continue;
    const scale = inverse(rest[lead]!);
    basis.push(rest.map((one) => mul(one, scale)));
  }
  return basis;
}

function reduce(row: readonly number[], basis: readonly (readonly number[])[]): number[] {
  let rest = [...row];
  for (const one of basis) {
    const lead = one.indexOf(1);
    const factor = rest[lead]!;
    if (factor !== 0) rest = rest.map((value, index) => (value - mul(factor, one[index]!) + P) % P);
  }
  return rest;
}

/** Groups of fewer than five that somebody would like to know: of any team and place, as of any day or between two. */
function recovered(people: readonly Person[], k: number): readonly string[] {
  const basis = echelon(equations(people, k));
  const found = new Set<string>();
  people.forEach((_, index) => {
    const alone = people.map((_person, other) => (other === index ? 1 : 0));
    if (reduce(alone, basis).every((one) => one === 0)) found.add(`answer ${index}`);
  });
  const names = [
    ...new Set(people.map(({ team, region }) => `${team}/${region}`)),
    ...new Set(people.map(({ team }) => team)),
  ];
  for (const items of [['x'], ['y'], ['x', 'y']])
    for (const name of names)
      for (let from = 0; from < days.length; from += 1)
        for (let to = from; to < days.length; to += 1) {
          const vector = people.map(({ item, team, region, day }): number =>
            items.includes(item) && (name === team || name === `${team}/${region}`) && day >= from && day <= to ? 1 : 0,
          );
          const n = vector.filter((one) => one === 1).length;
          if (n > 0 && n < K && reduce(vector, basis).every((one) => one === 0))
            found.add(`${items.join('+')} ${name} days ${from}-${to}: ${n}`);
        }
  return [...found];
}

const seeds = Array.from({ length: 12 }, (_, index) => 20_250_310 + index);

test.each(seeds)('seed %i: nobody can solve for the answers of fewer than five', (seed) => {
  const people = survey(seed);
  expect(recovered(people, K)).toEqual([]);
  // People who answered alike among fewer than ten: their mean would tell all of them.
  for (const { data } of publish(people, K))
    for (const { n, scores } of data.blocks) expect(n >= (scores.length === 1 ? 2 * K : K)).toBe(true);
});

test('the attack works where nothing is joined, and something is told where it is', () => {
  const some = seeds.slice(-3);
  expect(some.filter((seed) => recovered(survey(seed), 1).length > 0)).toEqual(some);
  expect(some.filter((seed) => equations(survey(seed), K).length > 1)).toEqual(some);
});
