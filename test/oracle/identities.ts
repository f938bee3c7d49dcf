import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { compareEvents, dataOf, timeOf } from './known.ts';
import { remembered, type World } from './world.ts';

/** Who a login is (R60). */
export interface Identity {
  readonly person: string;
  /** `bot` or `service`, or empty for a human. */
  readonly kind: string;
}

/** The person behind a login: that of the latest definition that names it; of a person only the latest definition speaks. */
export function identityOf(world: World, login: string): Identity {
  const known = remembered(world, 'identities', () => new Map<string, Identity>());
  const key = login.toLowerCase();
  const found = known.get(key) ?? identify(world, key);
  known.set(key, found);
  return found;
}

function identify(world: World, login: string): Identity {
  const latest = remembered(world, 'latest definitions', () => {
    const byPerson = new Map<string, NormalizedEvent>();
    for (const event of world.events)
      if (event.type === 'person.defined') byPerson.set(text(dataOf(event).person).toLowerCase(), event);
    return [...byPerson.values()].sort(compareEvents);
  });
  const naming = latest.findLast((event) => {
    const { person, identities } = dataOf(event);
    return [person, ...((identities as string[] | undefined) ?? [])].some((name) => text(name).toLowerCase() === login);
  });
  const isBot = login.endsWith('[bot]');
  if (!naming) return { person: login, kind: isBot ? 'bot' : '' };
  const { person, kind } = dataOf(naming);
  const stated = kind === 'bot' || kind === 'service' ? kind : '';
  return { person: text(person).toLowerCase(), kind: stated || (isBot ? 'bot' : '') };
}

const placing = ['person.defined', 'person.joined', 'person.moved'];

/** What a person's own events said of a field at an instant; the first that says it for all earlier time (R7, R60). */
export function placeOf(world: World, person: string, field: 'team' | 'region', at: number): string {
  const all = remembered(world, 'places', () => {
    const byPerson = new Map<string, NormalizedEvent[]>();
    for (const event of world.events) {
      if (!placing.includes(event.type)) continue;
      const key = text(dataOf(event).person).toLowerCase();
      byPerson.set(key, [...(byPerson.get(key) ?? []), event]);
    }
    return byPerson;
  });
  const stating = (all.get(person) ?? []).filter(
    (event) => text(dataOf(event)[field]) !== '' && (field === 'team' || event.type !== 'person.defined'),
  );
  const then = stating.findLast((event) => timeOf(event) <= at) ?? stating[0];
  return then === undefined ? '' : text(dataOf(then)[field]);
}
