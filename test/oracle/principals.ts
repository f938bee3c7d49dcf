import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { sameName, UNASSIGNED } from './catalog.ts';
import { compareEvents, dataOf, timeOf } from './known.ts';
import type { Options } from './summary.ts';
import { remembered, type World } from './world.ts';

/** Who a login is (R60). */
export interface Principal {
  /** Equal for all logins of one person. */
  readonly key: string;
  /** bot or service; empty for a human. */
  readonly kind: string;
}

/** R60: the person of the latest definition that names a login; of a person the latest definition only. */
export function principalOf(world: World, login: string): Principal {
  return remembered(world, `principal ${login.toLowerCase()}`, () => {
    const named = latestDefinitions(world)
      .filter((event) => [dataOf(event).person, ...identitiesOf(event)].some((name) => sameName(name, login)))
      .at(-1);
    const key = named ? text(dataOf(named).person).toLowerCase() : login.toLowerCase();
    const defined = named ? text(dataOf(named).kind) : '';
    const ending = login.toLowerCase().endsWith('[bot]') ? 'bot' : '';
    return { key, kind: defined === 'bot' || defined === 'service' ? defined : ending };
  });
}

function identitiesOf(event: NormalizedEvent): unknown[] {
  return (dataOf(event).identities as unknown[] | undefined) ?? [];
}

function latestDefinitions(world: World): NormalizedEvent[] {
  return remembered(world, 'latest person definitions', () => {
    const latest = new Map<string, NormalizedEvent>();
    for (const event of world.events)
      if (event.type === 'person.defined') latest.set(text(dataOf(event).person).toLowerCase(), event);
    return [...latest.values()].sort(compareEvents);
  });
}

const TEAM_FACTS = ['person.defined', 'person.joined', 'person.moved'];

/** R60, R7: where a person stood at an instant, or stands now. */
export function placeOf(world: World, options: Options, key: string, at: number): { team: string; region: string } {
  const about = remembered(world, `places of ${key}`, () =>
    world.events.filter(
      (event) => TEAM_FACTS.includes(event.type) && principalOf(world, text(dataOf(event).person)).key === key,
    ),
  );
  const stated = (field: 'team' | 'region'): string => {
    const telling = about.filter(
      (event) => text(dataOf(event)[field]) !== '' && (field === 'team' || event.type !== 'person.defined'),
    );
    const then = options.ownership === 'now' ? telling.at(-1) : telling.findLast((event) => timeOf(event) <= at);
    const one = then ?? telling[0];
    return one ? text(dataOf(one)[field]) : UNASSIGNED;
  };
  return { team: stated('team'), region: stated('region') };
}

/** The dimensions of what somebody did: the team that was stated with it, else the person's own; today's own comes first (D56). */
export function personalDimensions(
  world: World,
  options: Options,
  who: { readonly login: string; readonly team: string; readonly at: number },
): { team: string; region: string } {
  const place =
    who.login === ''
      ? { team: UNASSIGNED, region: UNASSIGNED }
      : placeOf(world, options, principalOf(world, who.login).key, who.at);
  const isKnownNow = options.ownership === 'now' && place.team !== UNASSIGNED;
  return who.team === '' || isKnownNow ? place : { ...place, team: who.team };
}

/** The winning value of a field among events in (occurred_at, id) order: the last one stated (R2). */
export function lastStated(events: readonly NormalizedEvent[], field: string): string {
  return events.map((event) => text(dataOf(event)[field])).findLast((value) => value !== '') ?? '';
}

/** Events by what they are about, in (occurred_at, id) order each. */
export function by<T>(
  events: readonly NormalizedEvent[],
  key: (event: NormalizedEvent) => T,
): Map<T, NormalizedEvent[]> {
  const groups = new Map<T, NormalizedEvent[]>();
  for (const event of events) groups.set(key(event), [...(groups.get(key(event)) ?? []), event]);
  return groups;
}
