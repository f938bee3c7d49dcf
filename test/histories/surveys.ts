import type { Askable } from './asks.ts';
import { teams, weekendOf } from './organisation.ts';
import { newRandom, type Random } from './random.ts';
import { newStory, type Recorded, type Story } from './story.ts';

const DAY_MS = 86_400_000;
const places = ['wave', 'team', 'region'] as const;

/** What is asked about {@link surveyHistory}. */
export const surveyAskable: readonly Askable[] = [
  {
    metric: 'survey.score',
    options: { fpc: ['true', 'false'], weight: ['none', 'headcount'], target: ['4', '3', '2.5'] },
    dimensions: [...places, 'item'],
    oneZone: true,
  },
  { metric: 'survey.favourable', options: {}, oneZone: true, dimensions: [...places, 'item'] },
  { metric: 'survey.enps', options: {}, oneZone: true, dimensions: [...places, 'item'] },
  { metric: 'survey.response_rate', options: {}, oneZone: true, dimensions: places },
];

/**
 * Some waves of surveys around a change of clocks, of teams large and small: answers changed, late, off their scale, after the
 * close, all alike; people invited or not. In the order of their recording. The same seed gives the same history.
 */
export function surveyHistory(seed: number): Recorded[] {
  const random = newRandom(seed ^ 0x73757276);
  const story = newStory();
  const { at } = weekendOf(seed);
  for (const wave of ['A', 'B', 'C'].slice(0, random.int(1, 3))) tellWave(random, story, wave, at);
  if (random.chance(0.7))
    for (let day = -40; day < 40; day += 5)
      story.tell('source.heartbeat', iso(at + day * DAY_MS), { name: 'surveys' }, { source: 'surveys' });
  return [...story.history].sort((a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at));
}

function tellWave(random: Random, story: Story, wave: string, around: number): void {
  const close = around + random.int(-12, 8) * DAY_MS + random.int(0, 1_440) * 60_000;
  const tell = (
    type: Parameters<Story['tell']>[0],
    when: number,
    data: Record<string, unknown>,
    known = when + 1_000,
  ) => story.tell(type, iso(when), data, { source: 'surveys', recordedAt: iso(known) });
  const late = random.pick([0, 0.2, 0.5]);
  const version = random.chance(0.4) ? { version: random.pick(['1', '2']) } : {};
  const items = ['overall', 'docs', 'enps', 'mood'].filter(() => random.chance(0.7));
  const isInvited = random.chance(0.7);
  for (const team of [...teams, '']) {
    const size = random.pick([0, 2, 4, 5, 7, 12]);
    const mood = random.chance(0.25) ? random.int(1, 5) : null;
    for (let n = 0; n < size; n += 1) {
      const respondent = `${wave}-${team}-${n}`;
      const stands = {
        ...(team === '' ? {} : { team }),
        ...(n % 5 < 3 ? { region: team === 'platform' ? 'us' : 'eu' } : n % 5 === 3 ? { region: 'us' } : {}),
      };
      if (isInvited && random.chance(0.9)) tell('survey.invited', close - 10 * DAY_MS, { wave, respondent, ...stands });
      if (random.chance(0.15)) continue;
      const known = random.chance(late) ? close + random.int(1, 12) * DAY_MS : undefined;
      for (const item of items) {
        if (random.chance(0.1)) continue;
        const isTen = item === 'enps' || item === 'mood';
        const score = (): number =>
          random.chance(0.02) ? (isTen ? 10 : 9) : (mood ?? random.int(isTen ? 0 : 1, isTen ? 10 : 5));
        const answer = { wave, item, respondent, ...stands, ...version, ...(item === 'mood' ? { scale: '0-10' } : {}) };
        const when = close - random.int(1, 8) * DAY_MS;
        tell('survey.answered', when, { ...answer, score: score() }, known);
        if (random.chance(0.15)) tell('survey.answered', when + 3_600_000, { ...answer, score: score() }, known);
        if (random.chance(0.05)) tell('survey.answered', close + random.pick([0, 1]), { ...answer, score: score() });
      }
    }
  }
  tell('survey.wave_closed', close, { wave }, close + random.pick([1_000, 3 * DAY_MS]));
  if (random.chance(0.3)) tell('survey.wave_closed', close + 5 * DAY_MS, { wave });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
