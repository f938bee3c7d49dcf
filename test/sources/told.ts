import { expect } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { delivery } from './deliveries.ts';

/** What a source makes of bodies, for tests of its behaviour. */
export interface Told {
  /** The events of a body, or why there are none, as `outcome: reason`. */
  read(body: unknown): readonly NormalizedEvent[] | string;
  /** The events of a body that must have some. */
  events(body: unknown): readonly NormalizedEvent[];
  /** Kind, time and the stated data of each event of a body that must have some. */
  told(body: unknown): readonly { type: string; at: string; data: Readonly<Record<string, unknown>> }[];
}

export function toldBy(source: Source): Told {
  const read: Told['read'] = (body) => {
    const reading = normaliseDelivery(source, delivery(source.name, body));
    return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
  };
  const events: Told['events'] = (body) => {
    const made = read(body);
    if (typeof made === 'string') expect.fail(made);
    return made;
  };
  return {
    read,
    events,
    told: (body) =>
      events(body).map(({ type, occurred_at, data }) => ({
        type,
        at: occurred_at,
        data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>,
      })),
  };
}
