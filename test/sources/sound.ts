import { expect } from 'vitest';
import type { Delivery } from '../../ingest/delivery.ts';
import { parseData } from '../../ingest/event.ts';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { findSource } from '../../ingest/sources/registry.ts';
import { isPlausible } from '../../ingest/time.ts';
import { decodeEvent, encodeEvent } from '../../ingest/upcast.ts';

/** Whatever came in, what comes out is either events that are right in every respect, or a reason. */
export function expectSound(sent: Delivery): 'events' | 'ignored' | 'rejected' {
  const source = findSource(sent.source);
  if (!source) throw new Error(`no source ${sent.source}`);
  const reading = normaliseDelivery(source, sent);
  if (reading.outcome !== 'events') {
    expect(reading.reason).not.toBe('');
    // The guard around a normaliser is for bugs: nothing that a sender writes may reach it.
    expect(reading.reason).not.toMatch(/the normaliser failed/);
    return reading.outcome;
  }
  expect(reading.events.length).toBeGreaterThan(0);
  for (const event of reading.events) {
    expect(event.id).toMatch(/^[0-9a-f]{32}$/);
    expect(event.subject).toMatch(/^[a-z]+:./s);
    expect(event.occurred_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(isPlausible(event.occurred_at, sent.received_at)).toBe(true);
    expect(parseData(event.type, event.data)).toEqual({ ok: true, data: event.data });
    expect(JSON.stringify(decodeEvent(encodeEvent(event)))).toBe(JSON.stringify({ ok: true, event }));
  }
  expect(normaliseDelivery(source, { ...sent, received_at: '2026-04-01T00:00:00.000Z' })).toEqual(reading);
  return 'events';
}

/** What reading a delivery takes of the processor in one go, in milliseconds: for so long it holds up others. */
export function cpuMs(sent: Delivery): number {
  const source = findSource(sent.source)!;
  const once = () => {
    const before = process.cpuUsage();
    normaliseDelivery(source, sent);
    return process.cpuUsage(before).user / 1000;
  };
  // A pause for the collector is not the body's doing, and does not come twice.
  return Math.min(once(), once());
}
