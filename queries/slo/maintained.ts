import type { Span } from '../buckets.ts';
import { joined } from '../intervals.ts';
import type { HeardSlice, SliceGrid } from './judge.ts';

type Grid = Pick<SliceGrid, 'anchor' | 'sliceSeconds'>;

/** The slices that maintenance (a union) touches, wholly or in part, as stretches of whole slices. */
export function touchedSlices(maintenance: readonly Span[], { anchor, sliceSeconds }: Grid): readonly Span[] {
  const length = sliceSeconds * 1000;
  return joined(
    maintenance.map(({ start, end }) => ({
      start: anchor + Math.floor((start - anchor) / length) * length,
      end: anchor + Math.ceil((end - anchor) / length) * length,
    })),
  );
}

/** How many of the touched slices begin within a stretch. */
export function slicesBeginning(touched: readonly Span[], { anchor, sliceSeconds }: Grid, within: Span): number {
  const nth = (time: number) => Math.ceil((time - anchor) / (sliceSeconds * 1000));
  let slices = 0;
  for (const { start, end } of touched)
    slices += Math.max(0, nth(Math.min(end, within.end)) - nth(Math.max(start, within.start)));
  return slices;
}

/** The slices, in order, that maintenance does not touch. */
export function untouched(heard: readonly HeardSlice[], touched: readonly Span[]): readonly HeardSlice[] {
  if (touched.length === 0) return heard;
  let next = 0;
  return heard.filter(({ start }) => {
    while (next < touched.length && touched[next]!.end <= start) next += 1;
    return next >= touched.length || start < touched[next]!.start;
  });
}
