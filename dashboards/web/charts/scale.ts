/** A number in a path: one decimal at most. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A linear map from `[from, to]` to `[low, high]`. */
export function linear(from: number, to: number, low: number, high: number): (value: number) => number {
  const factor = to === from ? 0 : (high - low) / (to - from);
  return (value) => low + (value - from) * factor;
}

/** A step of 1, 2, 2.5 or 5 times a power of ten, so that `max` takes at most `count` of them. */
export function niceStep(max: number, count: number): number {
  if (!(max > 0)) return 1;
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((of) => of * power >= rough * 0.999999) ?? 10;
  return factor * power;
}

/** Splits a series at its nulls: each run of neighbours that have a value, in order. */
export function runsOf<T>(items: readonly T[], has: (item: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = [];
  let open: T[] | null = null;
  for (const item of items) {
    if (!has(item)) open = null;
    else if (open) open.push(item);
    else {
      open = [item];
      runs.push(open);
    }
  }
  return runs;
}
