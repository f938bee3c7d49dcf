import { expect, it } from 'vitest';
import { joined } from '../../queries/intervals.ts';
import { burnRules } from '../../queries/slo/burn.ts';
import { judgeSlices, sliceGrid } from '../../queries/slo/judge.ts';
import { touchedSlices, untouched } from '../../queries/slo/maintained.ts';
import { budgetingMethods, missingPolicies } from '../../queries/slo/slices.ts';
import { calendarUnits, nominalDays, type SloWindow } from '../../queries/slo/window.ts';
import { newRandom, type Random } from '../histories/random.ts';
import { type Question, secondAnswer } from './second.ts';

const WINDOWS = 10_000;
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 20_251_122);

function windowOf(random: Random): SloWindow {
  if (random.chance(0.6)) return { kind: 'rolling', days: random.pick([1, 2, 7, 28, 30]) };
  const unit = random.pick(calendarUnits.filter((each) => each !== 'quarter' && each !== 'year'));
  // 2018 begins on a Monday, so weeks from here are those of the calendar.
  const tz = random.pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']);
  return { kind: 'calendar', count: 1, unit, anchor: '2018-01-01T00:00:00', tz };
}

function questionOf(random: Random): Question {
  const window = windowOf(random);
  const days = nominalDays(window);
  const sliceSeconds = days > 7 ? random.pick([7_200, 14_400]) : random.pick([600, 1_800, 3_600]);
  const counting = {
    method: random.pick(budgetingMethods),
    sliceTarget: random.pick([0.9, 0.95, 0.99, 1]),
    missing: random.pick(missingPolicies),
  };
  const atSecond = random.chance(0.5) ? 0 : random.int(0, 3_599);
  const at = Date.parse('2025-10-01T00:00:00Z') + random.int(0, 60 * 24) * 3_600_000 + atSecond * 1000;
  const { anchor, window: span } = sliceGrid(window, sliceSeconds, counting, at);
  const step = sliceSeconds * 1000;
  const first = anchor + Math.floor((Math.min(span.start, at - 4 * 86_400_000) - anchor) / step) * step;
  const heardSince = random.chance(0.7) ? first : first + random.int(0, Math.floor((at - first) / step)) * step;
  const failing = random.pick([0, 0.002, 0.02, 0.3]);
  const quiet = random.pick([0, 0.2, 0.95]);
  const most = random.pick([3, 40, 500]);
  const heard = [];
  for (let start = heardSince; start < at; start += step) {
    if (random.chance(quiet)) continue;
    const valid = random.int(0, most);
    const worse = random.chance(0.05) ? 10 : 1;
    const bad = Math.min(valid, Math.round(valid * failing * worse) + (random.chance(failing) ? 1 : 0));
    heard.push({ start, valid, good: valid - bad });
  }
  const maintenance = Array.from({ length: random.pick([0, 0, 1, 5]) }, () => {
    const from = random.pick([
      first + random.int(0, Math.floor((at - first) / 1000)) * 1000,
      at - random.int(0, 7_200) * 1000,
    ]);
    return { start: from, end: from + random.pick([1, step / 2, step, 3 * step, 90_000_000]) };
  });
  const target = random.pick([5_000, 9_000, 9_900, 9_950, 9_990, 9_999]);
  return {
    window,
    sliceSeconds,
    counting,
    target,
    at,
    heardSince,
    heard,
    maintenance,
    rules: burnRules(days, 'workbook'),
  };
}

const close = (given: number | null, expected: number | null): boolean =>
  given === null || expected === null
    ? given === expected
    : Math.abs(given - expected) <= 1e-9 * Math.max(1, Math.abs(expected));

it(`agrees with a computation written out, on ${WINDOWS} random windows (seed ${SEED})`, { timeout: 120_000 }, () => {
  const random = newRandom(SEED);
  const seen = new Map<string, number>();
  const differences: object[] = [];
  for (let turn = 0; turn < WINDOWS; turn += 1) {
    const question = questionOf(random);
    const { window, sliceSeconds, counting, at, rules, heardSince } = question;
    const grid = sliceGrid(window, sliceSeconds, counting, at);
    const target = question.target / 10_000;
    const maintained = touchedSlices(joined(question.maintenance), grid);
    const heard = untouched(question.heard, maintained);
    const judged = judgeSlices({ heard, grid, target, counting, rules, heardSince, maintained });
    const expected = secondAnswer(question);
    const agrees =
      close(judged.value, expected.value) &&
      close(judged.consumed, expected.consumed) &&
      close(judged.remaining, expected.remaining) &&
      judged.alerts.every(
        (alert, index) => close(alert.burn_long, expected.burn[index]!) && alert.state === expected.states[index],
      );
    if (!agrees) differences.push({ turn, question: { ...question, heard: question.heard.length }, judged, expected });
    for (const { state } of judged.alerts) seen.set(state, (seen.get(state) ?? 0) + 1);
  }
  expect(differences.slice(0, 3)).toEqual([]);
  // The windows are only worth something if every state occurs among them.
  for (const state of ['firing', 'ok', 'low_traffic', 'no_data', 'cannot_fire']) {
    expect(seen.get(state) ?? 0, `${state} of ${JSON.stringify([...seen])}`).toBeGreaterThan(100);
  }
});
