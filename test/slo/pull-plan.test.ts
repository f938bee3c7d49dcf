import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pulled, queriesOf, slicesOf } from '../../ingest/prometheus/pulled.ts';
import { type SloDefinition, sloDefinition } from '../../ingest/workspace/slos.ts';
import { sliceGrid } from '../../queries/slo/judge.ts';
import { nextPull, SETTLE_MS } from '../../queries/slo/pull-plan.ts';

const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 20_260_331);
const BEGIN = Date.parse('2026-03-20T00:00:00Z');
const MINUTE = 60_000;

const definition = (slice_seconds: number, calendar?: SloDefinition['calendar']): SloDefinition =>
  sloDefinition.parse({
    title: 't',
    service: 's',
    target: 0.99,
    window_days: 7,
    sli: 'ratio',
    slice_seconds,
    calendar,
  });

const pulled = (how: string, part_is: 'good' | 'bad' = 'bad'): Pulled => ({
  name: 'slo:a@b',
  sliceSeconds: 60,
  indicator: {
    from: 'prometheus',
    source: 'p',
    url: '',
    total: `${how}(t[{{.window}}])`,
    part: `${how}(b[{{.window}}])`,
    part_is,
  },
});
const samples = (values: readonly (number | null)[]) =>
  new Map(values.flatMap((value, index) => (value === null ? [] : [[BEGIN + (index + 1) * MINUTE, value] as const])));
const told = (...args: Parameters<typeof slicesOf>) =>
  slicesOf(...args).events.map(({ occurred_at, data }) => {
    const { from, to, good, valid, missing } = data as {
      from: string;
      to: string;
      good: number;
      valid: number;
      missing?: true;
    };
    expect(occurred_at).toBe(from);
    const minutes = [from, to].map((at) => (Date.parse(at) - BEGIN) / MINUTE);
    return [...minutes, missing ? 'missing' : `${good}/${valid}`];
  });

describe('what is pulled next', () => {
  it(`is every whole slice of every period once, in order and no later than it is over (seed ${SEED})`, () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata');
    const calendar = fc.record({
      count: fc.constant(1),
      unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
      anchor: fc.constant('2026-01-01T00:00:00'),
      tz: zones,
    });
    const cases = fc.record({
      seconds: fc.constantFrom(420, 3_600, 25_200),
      calendar: fc.option(calendar, { nil: undefined }),
      most: fc.integer({ min: 1, max: 500 }),
      steps: fc.array(fc.integer({ min: 1, max: 3 * 86_400 }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(cases, ({ seconds, calendar: period, most, steps }) => {
        const slo = definition(seconds, period);
        const window =
          period === undefined ? ({ kind: 'rolling', days: 7 } as const) : ({ kind: 'calendar', ...period } as const);
        const counting = { method: 'Timeslices', sliceTarget: 1, missing: 'excluded' } as const;
        let now = BEGIN;
        let until: number | null = null;
        let ended: number | null = null;
        for (const step of steps) {
          now += step * 1000;
          for (let next = nextPull(slo, until, now, most); next !== null; next = nextPull(slo, until, now, most)) {
            expect(next.count).toBeLessThanOrEqual(most);
            const [first, last] = [next.start, next.start + (next.count - 1) * seconds * 1000];
            expect(last + seconds * 1000).toBeLessThanOrEqual(now - SETTLE_MS);
            const grid = sliceGrid(window, seconds, counting, first);
            expect((first - grid.anchor) % (seconds * 1000)).toBe(0);
            expect(sliceGrid(window, seconds, counting, last).anchor).toBe(grid.anchor);
            // What lies between two slices is the rest of a period, shorter than one.
            if (ended !== null && first !== ended) {
              expect(first).toBe(grid.anchor);
              expect(first - ended).toBeLessThan(seconds * 1000);
            }
            ended = last + seconds * 1000;
            until = ended;
          }
        }
      }),
      { seed: SEED, numRuns: 25 },
    );
  });

  it('begins with all that its window and its alerts look at', () => {
    const at = Date.parse('2026-03-31T12:00:30Z');
    expect(nextPull(definition(60), null, at, 10)).toEqual({ start: Date.parse('2026-03-24T12:00:00Z'), count: 10 });
    const month = { count: 1, unit: 'month', anchor: '2026-01-01T00:00:00', tz: 'Europe/Berlin' } as const;
    expect(nextPull(definition(60, month), null, at, 10)?.start).toBe(Date.parse('2026-02-28T23:00:00Z'));
    expect(nextPull(definition(60), at - 60_000, at, 10)).toBeNull();
  });
});

describe('slices of samples', () => {
  it('are missing where either sample is, and nothing is where there was no traffic', () => {
    const total = samples([10, null, null, 10, 0, 10, 10, 4]);
    const bad = samples([1, 0, null, null, null, 12, -1, 4]);
    expect(told(pulled('increase'), [total, bad], BEGIN, 9)).toEqual([
      [0, 1, '9/10'],
      [1, 4, 'missing'],
      [4, 5, '0/0'],
      [5, 6, '0/10'],
      [6, 7, 'missing'],
      [7, 8, '0/4'],
      [8, 9, 'missing'],
    ]);
    expect(slicesOf(pulled('increase'), [total, bad], BEGIN, 9).halfKnown).toBe(2);
    expect(told(pulled('increase', 'good'), [samples([10]), samples([9])], BEGIN, 1)).toEqual([[0, 1, '9/10']]);
  });

  it('are of a whole slice, also where the query tells a second', () => {
    expect(told(pulled('rate'), [samples([2]), samples([0.5])], BEGIN, 1)).toEqual([[0, 1, '90/120']]);
    expect(queriesOf(pulled('rate').indicator, 300)).toEqual(['rate(t[300s])', 'rate(b[300s])']);
  });

  it('meet a threshold or not', () => {
    const at = (op: 'lte' | 'gte' | 'lt' | 'gt') => {
      const indicator = { from: 'threshold', source: 'p', url: '', query: 'x', op, value: 2 } as const;
      return told({ name: 'slo:a@b', sliceSeconds: 60, indicator }, [samples([1, 2, 3, null])], BEGIN, 4).map(
        (one) => one[2],
      );
    };
    expect(at('lte')).toEqual(['1/1', '1/1', '0/1', 'missing']);
    expect(at('lt')).toEqual(['1/1', '0/1', '0/1', 'missing']);
    expect(at('gte')).toEqual(['0/1', '1/1', '1/1', 'missing']);
    expect(at('gt')).toEqual(['0/1', '0/1', '1/1', 'missing']);
  });

  it('have the same ids whenever they are pulled', () => {
    const ids = (count: number, from = BEGIN) =>
      slicesOf(pulled('rate'), [samples([1, 1, 1]), samples([0, 0, 0])], from, count).events.map(({ id }) => id);
    expect([...ids(1), ...ids(2, BEGIN + MINUTE)]).toEqual(ids(3));
  });
});
