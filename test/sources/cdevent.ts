import { expect } from 'vitest';
import { cdevents } from '../../ingest/sources/cdevents.ts';
import { toldBy } from './told.ts';

export const UUID = '271069a8-fc18-44f1-b38f-9d70a1695819';
export const AT = '2026-03-05T10:00:00Z';
export const { read, told } = toldBy(cdevents);

export interface Parts {
  readonly id?: string;
  readonly context?: object;
  readonly about?: object;
  readonly customData?: unknown;
}

/** A CDEvent of the newest specification, about `till` unless said otherwise. */
export const event = (type: string, content: object = {}, { id = 'till', context, about, customData }: Parts = {}) => ({
  context: {
    specversion: '0.5.1',
    id: UUID,
    source: '/ci',
    type: `dev.cdevents.${type}.0.3.0`,
    timestamp: AT,
    ...context,
  },
  subject: { id, content, ...about },
  customData,
});

/** What Headway makes of a CDEvent that must come to one event. */
export function only(type: string, content?: object, parts?: Parts) {
  const made = told(event(type, content, parts));
  expect(made).toHaveLength(1);
  return made[0]!;
}

export const production = { environment: { id: 'production' } };
