import { expect } from 'vitest';
import { eventId } from '../../ingest/event.ts';
import type { RunningService } from '../../services/compose.ts';

const DAY = 86_400_000;
/** The tests tell their histories from here backwards: one instant for a whole file. */
export const NOW = Date.now();

/** An instant some days (and minutes) ago, as UTC ISO. */
export function daysAgo(days: number, minutes = 0): string {
  return new Date(NOW - days * DAY - minutes * 60_000).toISOString();
}

/** A canonical event. Its id is unique by its content's order of telling. */
export interface Told {
  readonly type: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

let told = 0;

/** Sends canonical events to a running server and waits until they count; returns their ids and the delivery's. */
export async function tell(
  service: RunningService,
  events: readonly Told[],
  source = 'tests',
): Promise<{ readonly delivery: string; readonly ids: readonly string[] }> {
  const named = events.map((event) => {
    told += 1;
    return { id: `t${told}`, source, ...event };
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${service.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(named) });
  const text = await response.text();
  expect(response.status, text).toBe(202);
  await service.settled();
  const { delivery } = JSON.parse(text) as { delivery: string };
  return { delivery, ids: named.map((event) => eventId(source, [event.type, event.id])) };
}

/** The JSON of a route that must answer 200. */
export async function read<T>(service: RunningService, path: string): Promise<T> {
  const response = await fetch(service.url + path);
  const text = await response.text();
  expect(response.status, `${path} ${text.slice(0, 500)}`).toBe(200);
  return JSON.parse(text) as T;
}
