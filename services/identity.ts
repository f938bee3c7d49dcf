import { v7 } from 'uuid';

/** A new delivery id: UUIDv7, so that ids sort by time and tell when to look for the delivery in the log. */
export function newDeliveryId(): string {
  return v7();
}

/** The instant that a UUIDv7 carries, as UTC ISO; null if it is not one. */
export function instantOfId(id: string): string | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id)) return null;
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return new Date(time).toISOString();
}
