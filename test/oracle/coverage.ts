import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Stretch } from './calendar.ts';
import { sameName } from './catalog.ts';
import { dataOf, timeOf } from './known.ts';
import { kindsThatEnd } from './rules.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** When the sources that feed a metric were alive (metrics.md §1.3, R29). */
export interface Feed {
  /** Alive stretches of a service's feeding sources; `null` asks for the feeding sources themselves. */
  alive(service: string | null): readonly Stretch[];
}

/** What one event says about the life of a source. */
interface Sign {
  readonly source: string;
  readonly at: number;
  readonly type: string;
  /** Empty: it speaks of the source as a whole. */
  readonly about: string;
  /** Services for which the event itself was sent. */
  readonly services: readonly string[];
}

/** The feed of a metric whose bucket timestamp comes from one of `kinds`; `alone`: heartbeats of one service do not feed it. */
export function feedOf(world: World, kinds: readonly string[], alone = false): Feed {
  const signs = signsOf(world);
  const isHeartbeat = (sign: Sign): boolean => sign.type === 'source.heartbeat';
  const feeding = [
    ...new Set(
      signs
        .filter((sign) => kinds.includes(sign.type) || (isHeartbeat(sign) && !(alone && sign.about !== '')))
        .map((sign) => sign.source),
    ),
  ];
  const silenceMs = (source: string): number => {
    const stated = world.heard
      .filter((event) => event.type === 'source.defined' && dataOf(event).name === source)
      .at(-1);
    return (stated ? (dataOf(stated).silence_days as number) : 7) * DAY_MS;
  };

  const aliveFor = (source: string, service: string | null): Stretch[] => {
    const own = signs.filter((sign) => sign.source === source);
    const concerns = (sign: Sign): boolean => sign.about === '' || (service !== null && sameName(sign.about, service));
    const beats = own.filter((sign) => sign.type !== 'source.silent' && concerns(sign)).map((sign) => sign.at);
    const silences = own.filter((sign) => sign.type === 'source.silent' && sign.about === '').map((sign) => sign.at);
    const whole = lifeOf(beats, silences, silenceMs(source));
    if (service === null) return whole;
    // A silence of one service lasts until the source's next event for that service, or its next heartbeat.
    const gaps = own
      .filter((sign) => sign.type === 'source.silent' && sign.about !== '' && sameName(sign.about, service))
      .map((silence): Stretch => {
        const ends = own
          .filter(
            (sign) =>
              sign.at > silence.at &&
              ((isHeartbeat(sign) && concerns(sign)) || sign.services.some((one) => sameName(one, service))),
          )
          .map((sign) => sign.at);
        return { start: silence.at, end: Math.min(Number.POSITIVE_INFINITY, ...ends) };
      });
    return subtract(whole, gaps);
  };

  const answers = new Map<string | null, readonly Stretch[]>();
  const alive = (service: string | null): Stretch[] => {
    const sentForIt = feeding.filter((source) =>
      signs.some(
        (sign) =>
          sign.source === source &&
          ((kinds.includes(sign.type) && service !== null && sign.services.some((one) => sameName(one, service))) ||
            (isHeartbeat(sign) && service !== null && sameName(sign.about, service))),
      ),
    );
    return (sentForIt.length > 0 ? sentForIt : feeding).flatMap((source) => aliveFor(source, service));
  };
  return {
    alive: (service) => {
      const found = answers.get(service) ?? alive(service);
      answers.set(service, found);
      return found;
    },
  };
}

/** True if any stretch has an instant in the unit. */
export function isAliveIn(alive: readonly Stretch[], unit: Stretch): boolean {
  return alive.some((one) => one.start < unit.end && one.end > unit.start);
}

/** R29: from the first sign of life to the last one plus the allowance, less the silences. */
function lifeOf(beats: readonly number[], silences: readonly number[], silenceMs: number): Stretch[] {
  if (beats.length === 0) return [];
  const whole = { start: Math.min(...beats), end: Math.max(...beats) + silenceMs };
  const gaps = silences.map((at) => ({
    start: at,
    end: Math.min(Number.POSITIVE_INFINITY, ...beats.filter((beat) => beat > at)),
  }));
  return subtract([whole], gaps);
}

function subtract(stretches: readonly Stretch[], gaps: readonly Stretch[]): Stretch[] {
  let left = [...stretches];
  for (const gap of gaps)
    left = left.flatMap((one) =>
      [
        { start: one.start, end: Math.min(one.end, gap.start) },
        { start: Math.max(one.start, gap.end), end: one.end },
      ].filter((part) => part.start < part.end),
    );
  return left;
}

function signsOf(world: World): Sign[] {
  const servicesOf = (event: NormalizedEvent): string[] => {
    if (event.type === 'deployment.finished' || event.type === 'service.rolledback') {
      const id = event.data.rollout_id;
      return world.rollouts.filter((rollout) => rollout.rolloutId === id).map((atom) => atom.service);
    }
    if (event.type === 'incident.detected')
      return world.incidents.filter((one) => one.incidentId === event.data.incident_id).map((one) => one.service);
    return [];
  };
  const ends = kindsThatEnd(world.events);
  // R36: who sends what some rule is about feeds what is told of rollouts.
  const byRule = world.events
    .filter((event) => event.type === 'deployment.finished' && dataOf(event).by_rule === true)
    .concat(world.heard.filter((event) => ends.has(event.type)))
    .map(
      (event): Sign => ({
        source: event.source,
        at: timeOf(event),
        type: 'deployment.finished',
        about: '',
        services: servicesOf(event),
      }),
    );
  const own = world.heard.map((event) => {
    // A heartbeat or a silence speaks of the source it names, whoever says it.
    const speaksOfSource = event.type === 'source.heartbeat' || event.type === 'source.silent';
    return {
      source: speaksOfSource ? event.data.name : event.source,
      at: timeOf(event),
      type: event.type,
      about: speaksOfSource ? (event.data.service_id ?? '') : '',
      services: servicesOf(event),
    };
  });
  return [...own, ...byRule];
}
