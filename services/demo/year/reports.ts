import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { isCutOff, SILENT_TOOL, toolOf } from './paths.ts';
import { shaOf } from './random.ts';
import { send, type World } from './world.ts';

/** What is told rather than measured: who owns what, that a tool has gone quiet, and what people answer when asked. */
export function startReports(world: World, comments: boolean): void {
  startMoves(world);
  startSilence(world);
  startHeartbeats(world);
  startSurveys(world, comments);
}

/**
 * Services that change hands. The workspace states how things stand at the end; so the catalog first says who owned the
 * service before, and states the move when it is written down.
 */
function startMoves(world: World): void {
  const { simulation, story } = world;
  for (const { service, from, to, at, recordedAt } of story.moves) {
    const found = world.organisation.services.find(({ id }) => id === service);
    if (found === undefined) continue;
    const define = (team: string, since: number): void => {
      const event = canonical('backstage', `service:${service}/${team}/${since}`, 'service.defined', since, {
        ...found.data,
        team,
      });
      send(world, canonicalRequest([event], 'backstage-catalog-export/2'));
    };
    simulation.schedule(story.start + 5 * MINUTE, () => define(from, story.start));
    simulation.schedule(recordedAt, () => define(to, at));
  }
}

function startSilence(world: World): void {
  const { from, noticedAt } = world.story.silence;
  if (!world.services.some(({ service, team }) => service.exempt && team.id === 'warehouse')) return;
  world.simulation.schedule(noticedAt, () => {
    const event = canonical('platform-team', `silent/${SILENT_TOOL}/${from}`, 'source.silent', from, {
      name: SILENT_TOOL,
    });
    send(world, canonicalRequest([event], 'curl/8.5.0'));
  });
}

/** Tools that release rarely say every few days that they are there, so that their quiet weeks count as quiet. */
function startHeartbeats(world: World): void {
  const { simulation, story } = world;
  const tools = new Set(world.services.filter(({ service }) => service.exempt).map(toolOf));
  for (const name of [...tools].sort()) {
    const beat = (instant: number): void => {
      simulation.schedule(instant, () => {
        const event = canonical(name, `alive/${instant}`, 'source.heartbeat', instant, { name });
        if (!isCutOff(story, name, instant)) send(world, canonicalRequest([event], `${name}/3.1`));
        if (instant < story.end) beat(instant + 3 * DAY);
      });
    };
    beat(story.start + 6 * HOUR);
  }
}

/** What people write who like the platform, and who do not. */
const remarks = {
  liked: [
    'Shipping takes minutes now. I have stopped fearing Fridays.',
    'The templates saved us two weeks.',
    'Rolling back is one click, and it works.',
    'Support answers before I have finished typing.',
  ],
  disliked: [
    'The search finds everything but what I look for.',
    'I never know whom to ask.',
    'Builds wait for runners all morning.',
    'The docs are for the version before last.',
  ],
};

const items = ['documentation', 'support', 'reliability', 'ease_of_use', 'overall'];

/** A wave per quarter: every person is invited, most answer within ten days; adopters come to like the platform better. */
function startSurveys(world: World, comments: boolean): void {
  const { simulation, story, organisation } = world;
  for (const opens of story.surveys) {
    const date = new Date(opens);
    const wave = `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
    const post = (events: readonly CanonicalEvent[]): void =>
      send(world, canonicalRequest(events, 'kestrel-survey/0.9'));
    const event = (id: string, type: CanonicalEvent['type'], data: Record<string, unknown>): CanonicalEvent =>
      canonical('survey', `${wave}/${id}`, type, simulation.now(), { wave, ...data });
    const opensAt = opens + 8 * HOUR;
    simulation.schedule(opensAt, () => {
      post([event('opened', 'survey.wave_opened', { title: `How does the platform work for you? ${wave}` })]);
      const invited = organisation.teams.flatMap((team) => team.people);
      post(
        invited.map((person) => {
          const respondent = pseudonym(world.simulation.seed, person.login);
          return event(`invited/${respondent}`, 'survey.invited', { respondent, team: person.team });
        }),
      );
    });
    for (const team of organisation.teams) {
      const calendar = world.calendars.get(team.id);
      if (calendar === undefined) continue;
      const random = simulation.random(`survey/${wave}/${team.id}`);
      const advocacy = simulation.random(`survey/${wave}/${team.id}/enps`);
      const written = simulation.random(`survey/${wave}/${team.id}/comments`);
      const adopted = story.adoption.get(team.id);
      const mood = 3.3 + random.between(-0.4, 0.4) + (adopted !== undefined && opens > adopted ? 0.7 : 0);
      for (const person of team.people) {
        if (!random.chance(0.82)) continue;
        simulation.schedule(calendar.after(opensAt, random.between(0.2, 50)), () => {
          const respondent = pseudonym(world.simulation.seed, person.login);
          const answered = (item: string, score: number, scale: string): CanonicalEvent =>
            event(`${respondent}/${item}`, 'survey.answered', {
              item,
              score,
              scale,
              respondent,
              team: team.id,
              version: '1',
            });
          const commented = (text: string): CanonicalEvent =>
            event(`${respondent}/comment`, 'survey.commented', { item: 'overall', respondent, text });
          post([
            ...items.map((item) => {
              const liking = mood + (item === 'documentation' ? -0.4 : 0) + random.between(-1.3, 1.3);
              const score = clamped(Math.round(liking), 1, 5);
              return answered(item, score, '1-5');
            }),
            // Whether they would recommend it: 0 to 10, by how they feel about it.
            answered('enps', clamped(Math.round(2.1 * mood + advocacy.between(-2.5, 2.5)), 0, 10), '0-10'),
            ...(comments && written.chance(0.5)
              ? [commented(written.pick(mood > 3.4 ? remarks.liked : remarks.disliked))]
              : []),
          ]);
        });
      }
    }
    simulation.schedule(opensAt + 14 * DAY, () => post([event('closed', 'survey.wave_closed', {})]));
  }
}

/** Stable over the waves, and nobody's name. */
function pseudonym(seed: string, login: string): string {
  return `r-${shaOf(seed, 'respondent', login).slice(0, 12)}`;
}

const clamped = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
