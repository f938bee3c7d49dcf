import { weekdays } from '../../ingest/calendar.ts';
import type { EventType } from '../../ingest/vocabulary/vocabulary.ts';
import { newRandom, type Random } from './random.ts';
import type { Story } from './story.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Weekends on which a zone changes its clocks, and a plain one; histories happen around one of them. */
export const weekends = [
  { tz: 'Europe/Berlin', at: Date.parse('2025-10-26T01:00Z') },
  { tz: 'Europe/Berlin', at: Date.parse('2025-03-30T01:00Z') },
  { tz: 'America/New_York', at: Date.parse('2025-11-02T06:00Z') },
  { tz: 'America/New_York', at: Date.parse('2025-03-09T07:00Z') },
  { tz: 'UTC', at: Date.parse('2026-01-01T00:00Z') },
] as const;

/** Which weekend a seed's history lies around. */
export function weekendOf(seed: number): (typeof weekends)[number] {
  return weekends[((seed % weekends.length) + weekends.length) % weekends.length]!;
}

export const teams = ['payments', 'search', 'platform'] as const;
export const repositories = ['acme/mono', 'acme/shop', 'acme/Legacy', 'acme/lib'] as const;

/** Services that the catalog may define; the last two repositories may stay unnamed, and are services of their own. */
export const catalogServices = [
  { service_id: 'api', repository: 'acme/mono', paths: ['services/api/**'], applications: ['api-prod'] },
  { service_id: 'web', repository: 'acme/mono', paths: ['web/*.ts', 'web/pages'], incident_services: ['Website'] },
  { service_id: 'shop', repository: 'acme/shop', applications: ['Shop'], incident_services: ['Shop Frontend'] },
  { service_id: 'shop-jobs', repository: 'acme/shop', incident_services: ['Jobs'] },
  { service_id: 'legacy', repository: 'acme/legacy' },
] as const;

export const paths = [
  'services/api/main.ts',
  'services/api/db/pool.ts',
  'web/index.ts',
  'web/pages/a/b.ts',
  'README.md',
];
export const people = ['ada', 'grace', 'renovate-acme', 'dependabot[bot]', 'Release-Robot'] as const;
export const environments = ['production', 'eu-prod', 'us-prod', 'edge', 'staging', 'qa', 'pre-prod', 'Live'] as const;

/** What the tellers of a history share: the clock of the story and how facts get into the log. */
export interface Telling {
  readonly random: Random;
  readonly story: Story;
  readonly start: number;
  readonly end: number;
  now: number;
  /** Lets some time pass, mostly hours. */
  pass(): number;
  /** Tells one fact at a time, with a natural key of its own and a plausible delay until it is recorded. */
  fact(type: EventType, at: number, data: Record<string, unknown>, source?: string, delayMs?: number): void;
}

/** A telling of about `length` events that lies around an instant. */
export function newTelling(random: Random, story: Story, around: number, length: number): Telling {
  let facts = 0;
  const delay = (): number =>
    random.weighted([
      [80, random.int(0, 30_000)],
      [12, random.int(1, 8 * 3600) * 1000],
      [8, random.int(1, 20) * DAY_MS],
    ]);
  const start = around - random.int(12, 25) * DAY_MS;
  const end = around + random.int(5, 18) * DAY_MS;
  const gap = Math.floor((2 * (end - start)) / length);
  const telling: Telling = {
    random,
    story,
    start,
    end,
    now: 0,
    pass: () => {
      telling.now += random.weighted([
        [1, 0],
        [4, random.int(1, 50 * 60) * 1000],
        [8, random.int(0, 2 * gap)],
        [0.5, random.int(1, 4) * DAY_MS],
      ]);
      return telling.now;
    },
    fact: (type, at, data, source = 'canonical', delayMs = delay()) => {
      facts++;
      const key = [`fact ${facts}`];
      const deliveryId = random.chance(0.9) ? `delivery-${random.chance(0.15) ? facts - 1 : facts}` : '';
      const recordedAt = new Date(at + delayMs).toISOString();
      const told = { source, key, deliveryId, recordedAt };
      story.tell(type, new Date(at).toISOString(), data, told);
      if (random.chance(0.06)) {
        // The same fact once more: a second delivery of the sender, or a backfill.
        const again = new Date(at + delayMs + random.int(0, 3 * 86_400) * 1000).toISOString();
        story.tell(type, new Date(at).toISOString(), data, {
          ...told,
          recordedAt: again,
          deliveryId: `${deliveryId}-again`,
        });
      }
    },
  };
  telling.now = telling.start;
  return telling;
}

/** The catalog at the start: some of the services, environments and people, mostly known before anything happens. */
export function tellCatalog(telling: Telling): void {
  const { random, start, fact } = telling;
  const early = (): number => start - random.int(0, 30) * DAY_MS;
  for (const service of catalogServices)
    if (random.chance(0.75))
      tellService(telling, service, early(), random.chance(0.8) ? 0 : random.int(0, 40) * DAY_MS);
  for (const [name, data] of [
    ['eu-prod', { production: true, group: 'production' }],
    ['us-prod', { production: true, group: 'production', failed_means: 'failed_live' }],
    ['edge', { production: true, group: 'edge' }],
    ['staging', { production: false }],
    ['Live', { production: random.chance(0.5) }],
  ] as const)
    if (random.chance(0.7))
      fact('environment.defined', early(), { name, ...data, ...chosenSources(random) }, 'workspace', 0);
  if (random.chance(0.7))
    fact(
      'person.defined',
      early(),
      { person: 'robot', identities: ['renovate-acme', 'release-robot'], kind: 'bot' },
      'workspace',
      0,
    );
  if (random.chance(0.4))
    fact(
      'source.defined',
      early(),
      { name: random.pick(['github', 'pagerduty']), silence_days: random.pick([1.5, 20, 30]) },
      'workspace',
      0,
    );
}

/** Calendars and the zones of teams, known before anything is asked; some change later. Drawn apart from what else happens. */
export function tellHours(telling: Telling): void {
  const { story, start, end } = telling;
  const random = newRandom(Math.floor(start / 1000) % 2 ** 31);
  const tell = (type: EventType, at: number, data: Record<string, unknown>): void => {
    const early = new Date(Math.min(at, start - 40 * DAY_MS)).toISOString();
    story.tell(type, new Date(at).toISOString(), data, { source: 'workspace', recordedAt: early });
  };
  const zone = (): string => random.pick(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC']);
  const local = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const office = (): Record<string, unknown> => ({
    calendar: 'Office',
    timezone: zone(),
    hours: Object.fromEntries(weekdays.slice(0, 5).map((day) => [day, [random.pick(['09:00-17:00', '08:15-12:45'])]])),
    holidays: [local(start + random.int(0, 20) * DAY_MS), local(start + random.int(10, 30) * DAY_MS)],
  });
  tell('calendar.defined', start - 50 * DAY_MS, office());
  if (random.chance(0.5)) tell('calendar.defined', random.int(start, end), office());
  const nights = { calendar: 'nights', timezone: zone(), hours: {} as Record<string, string[]> };
  for (const day of weekdays) if (random.chance(0.8)) nights.hours[day] = ['22:30-06:10', '01:00-02:30'];
  tell('calendar.defined', start - 50 * DAY_MS, nights);
  for (const team of teams)
    if (random.chance(0.7)) tell('team.defined', start - 50 * DAY_MS, { team, timezone: zone() });
}

/** Where several tools report to an environment, the workspace may choose. */
function chosenSources(random: Random): { rollouts_from?: string[] } {
  if (!random.chance(0.2)) return {};
  return { rollouts_from: random.pick([['argocd', 'flux'], ['GitHub'], ['github', 'runs'], ['runs'], ['git']]) };
}

function tellService(telling: Telling, service: (typeof catalogServices)[number], at: number, delayMs: number): void {
  const { random, fact } = telling;
  const maybe = <T>(name: string, values: readonly T[]): Record<string, T> =>
    random.chance(0.7) ? { [name]: random.pick(values) } : {};
  fact(
    'service.defined',
    at,
    {
      ...service,
      ...maybe('team', teams),
      ...maybe('tier', ['1', '2']),
      ...maybe('region', ['eu', 'us']),
      ...maybe('product', ['store']),
      ...(random.chance(0.3)
        ? {
            registered_at: new Date(
              telling.start + random.int(-20, 15) * DAY_MS + random.int(0, 24) * HOUR_MS,
            ).toISOString(),
          }
        : {}),
      ...(random.chance(0.08) ? { retired_at: new Date(telling.end - random.int(0, 15) * DAY_MS).toISOString() } : {}),
    },
    'workspace',
    delayMs,
  );
}

/** A service moves, an environment changes its meaning, a person turns out to be a bot: at once or backdated. */
export function tellReorganisation(telling: Telling): void {
  const { random, fact } = telling;
  const at = telling.pass() - (random.chance(0.4) ? random.int(1, 10) * DAY_MS : 0);
  const delayMs = telling.now - at + random.int(0, 3600) * 1000;
  random.weighted([
    [6, () => tellService(telling, random.pick(catalogServices), at, delayMs)],
    [1, () => fact('environment.defined', at, { name: 'edge', production: random.chance(0.5) }, 'workspace', delayMs)],
    [
      1,
      () =>
        fact(
          'environment.defined',
          at,
          { name: 'production', production: true, ...chosenSources(random) },
          'workspace',
          delayMs,
        ),
    ],
    [1, () => fact('environment.defined', at, { name: 'qa', production: true, group: 'edge' }, 'workspace', delayMs)],
    [1, () => fact('person.defined', at, { person: 'ada', kind: random.pick(['bot', 'human']) }, 'workspace', delayMs)],
  ])();
}

/** A sender says that it is alive, or we find that it is not: as a whole or for one service. */
export function tellSilence(telling: Telling): void {
  const { random, fact } = telling;
  const name = random.pick(['github', 'argocd', 'pagerduty', 'canonical']);
  const data = { name, ...(random.chance(0.35) ? { service_id: random.pick(['api', 'shop', 'acme/lib']) } : {}) };
  fact(random.chance(0.5) ? 'source.silent' : 'source.heartbeat', telling.pass(), data, name);
}
