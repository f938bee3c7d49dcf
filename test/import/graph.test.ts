import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addCommit, type CommitGraph, emptyGraph, partition } from '../../ingest/import/graph.ts';

const seed = 20261121;
console.log(`histories of seed ${seed}`);

/** A random history: every commit has up to three earlier parents, mostly near ones; some tips; some merges are requests. */
const history = fc
  .record({
    parents: fc.array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: 1, maxLength: 30 }),
    tips: fc.array(fc.nat(29), { minLength: 1, maxLength: 6 }),
    requests: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
  })
  .map(({ parents, tips, requests }) => {
    const edges = parents.map((back, at) => [
      ...new Set(back.map((steps) => at - 1 - steps).filter((one) => one >= 0)),
    ]);
    const graph = emptyGraph();
    for (const [at, of] of edges.entries())
      addCommit(
        graph,
        `c${at}`,
        of.map((one) => `c${one}`),
      );
    return {
      graph,
      edges,
      tips: tips.map((tip) => tip % edges.length),
      isRequest: (at: number) => requests[at]! && edges[at]!.length > 1,
    };
  });

function reach(edges: readonly (readonly number[])[], from: number): Set<number> {
  const found = new Set([from]);
  for (const one of found) for (const parent of edges[one]!) found.add(parent);
  return found;
}

test('a tip delivers what it reaches and no earlier one did', () => {
  fc.assert(
    fc.property(history, ({ graph, edges, tips, isRequest }) => {
      const { deliveredBy } = partition(graph, tips, isRequest);
      const before = new Set<number>();
      const expected = new Array<number>(edges.length).fill(-1);
      for (const [place, tip] of tips.entries()) {
        for (const one of reach(edges, tip)) {
          if (!before.has(one)) expected[one] = place;
          before.add(one);
        }
      }
      expect([...deliveredBy]).toEqual(expected);
    }),
    { seed, numRuns: 500 },
  );
});

test('each delivered commit is in one change, delivered as a whole, and a merge claims only what it alone brought in', () => {
  let groups = 0;
  fc.assert(
    fc.property(history, ({ graph, edges, tips, isRequest }) => {
      const { deliveredBy, leaderOf, sides } = partition(graph, tips, isRequest);
      const claimed = new Map<number, number>();
      for (const [leader, side] of sides) {
        groups++;
        const mainline = reach(edges, edges[leader]![0]!);
        const all = reach(edges, leader);
        // All that the merge brings in and its tip delivers, but for what other lines of the same tip laid before.
        expect(side.length).toBeGreaterThan(0);
        for (const one of side) {
          expect(claimed.has(one)).toBe(false);
          claimed.set(one, leader);
          expect([all.has(one), mainline.has(one), isRequest(one)]).toEqual([true, false, false]);
          expect(deliveredBy[one]).toBe(deliveredBy[leader]);
        }
        expect(leaderOf[leader]).toBe(leader);
      }
      for (const [at, leader] of leaderOf.entries()) {
        expect(leader).toBe(deliveredBy[at] === -1 ? -1 : (claimed.get(at) ?? at));
      }
    }),
    { seed, numRuns: 500 },
  );
  expect(groups).toBeGreaterThan(100);
});

test('what comes later regroups nothing that is delivered', () => {
  fc.assert(
    fc.property(history, fc.nat(5), ({ graph, tips, isRequest }, keep) => {
      const earlier = tips.slice(0, 1 + (keep % tips.length));
      const before = partition(graph, earlier, isRequest);
      const after = partition(graph, tips, isRequest);
      for (const [at, leader] of before.leaderOf.entries()) if (leader !== -1) expect(after.leaderOf[at]).toBe(leader);
    }),
    { seed, numRuns: 300 },
  );
});

test('a long line of merges neither overflows nor takes long', () => {
  const graph: CommitGraph = emptyGraph();
  addCommit(graph, 'a0', []);
  addCommit(graph, 'b0', ['a0']);
  for (let at = 1; at < 50_000; at++) {
    addCommit(graph, `a${at}`, [`a${at - 1}`, `b${at - 1}`]);
    addCommit(graph, `b${at}`, [`b${at - 1}`, `a${at}`]);
  }
  const parts = partition(graph, [graph.shas.length - 1, graph.shas.length - 2], () => false);
  expect(parts.leaderOf.every((leader) => leader >= 0)).toBe(true);
});
