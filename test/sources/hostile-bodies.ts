import fc from 'fast-check';
import type { Delivery } from '../../ingest/delivery.ts';
import type { SourceCase } from './cases/case.ts';
import { fromBase } from './cases.ts';
import { changed, pathsOf } from './mutations.ts';

/** Bodies that a source must survive: three of four are its own with one to four values replaced, the others anything at all. */
export function hostileDeliveries(each: SourceCase): fc.Arbitrary<Delivery> {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 5 }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.bigInt().map(String),
  );
  const mutated = fc.constantFrom(...each.bases).chain((base) =>
    fc
      .array(
        fc.tuple(
          fc.constantFrom(...pathsOf(base.body)),
          fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 2000 })),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((changes) => {
        let body: unknown = base.body;
        for (const [path, value] of changes) {
          // An earlier change may have taken the way there.
          if (pathsOf(body).some((known) => JSON.stringify(known) === JSON.stringify(path)))
            body = changed(body, path, value);
        }
        return fromBase(each, base, body);
      }),
  );
  const arbitrary = fc
    .tuple(fc.constantFrom(...each.bases), anything)
    .map(([base, body]) => fromBase(each, base, body ?? 'null'));
  return fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary });
}
