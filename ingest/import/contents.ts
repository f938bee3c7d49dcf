/** A rollout, as far as needed to tell which one was live before it. Times are UTC ISO. */
export interface Placed {
  readonly rollout_id: string;
  readonly environment: string;
  readonly service_id?: string | undefined;
  readonly revision: string;
  /** Null: it has not ended. */
  readonly finished_at: string | null;
  readonly succeeded: boolean;
}

/** Rollouts of one key replace each other: those of one environment, and of one service where it is told. */
export function placeOf({ environment, service_id }: Pick<Placed, 'environment' | 'service_id'>): string {
  return `${environment.toLowerCase()}\n${service_id ?? ''}`;
}

/**
 * Each succeeded rollout with the one that was live before it in its place, in the order in which they finished. The first of
 * a place has none before it; one that brought the live revision again is left out. Of several attempts at one
 * rollout the last to finish counts.
 */
export function successions<T extends Placed>(rollouts: readonly T[]): { before: T | null; rollout: T }[] {
  const last = new Map<string, T>();
  for (const rollout of rollouts) {
    const known = last.get(rollout.rollout_id);
    if (rollout.finished_at === null) continue;
    if (known === undefined || (known.finished_at ?? '') <= rollout.finished_at) last.set(rollout.rollout_id, rollout);
  }
  const ordered = [...last.values()]
    .filter(({ succeeded }) => succeeded)
    .sort((a, b) => compare(a.finished_at ?? '', b.finished_at ?? '') || compare(a.rollout_id, b.rollout_id));
  const live = new Map<string, T>();
  const found: { before: T | null; rollout: T }[] = [];
  for (const rollout of ordered) {
    const before = live.get(placeOf(rollout)) ?? null;
    if (before?.revision !== rollout.revision) found.push({ before, rollout });
    live.set(placeOf(rollout), rollout);
  }
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
