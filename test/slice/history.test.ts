import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventOf, makeEvent, type NormalizedEvent } from '../../ingest/event.ts';
import type { EventType } from '../../ingest/vocabulary/vocabulary.ts';
import { readDefinitions } from '../../queries/definitions.ts';
import { newRandom } from '../histories/random.ts';
import { type Ledger, openLedger, type Recorded } from '../support/ledger.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
beforeEach(() => ledger.clear());
afterAll(() => ledger.close());

let count = 0;
function recorded<T extends EventType>(
  type: T,
  occurred_at: string,
  data: object,
  recorded_at = occurred_at,
): Recorded {
  count += 1;
  const fact = { type, subject: 'test', occurred_at, key: [String(count)], data: data as EventOf<T>['data'] };
  const event = makeEvent(fact, { source: 'tests', normaliser: 1, delivery_id: `d${count}` });
  return { event: event as unknown as NormalizedEvent, recorded_at };
}
const on = (day: number, hour = 12) => new Date(Date.UTC(2026, 0, day, hour)).toISOString();

describe('definitions', () => {
  it('stand as they were known: a later version is not seen before it was recorded', async () => {
    const slo = (target: number, at: string) =>
      recorded('slo.defined', at, { slo: 'Up', public: true, definition: { target } });
    await ledger.write([
      slo(0.9, on(5)),
      slo(0.99, on(10)),
      recorded('slo.defined', on(7), { slo: 'other', public: false, definition: {} }),
    ]);
    const targets = async (asOf: string | null) =>
      (await readDefinitions(ledger.store, 'slo.defined', asOf, on(20))).map((data) => [
        data.slo,
        (data.definition as { target?: number })?.target,
      ]);
    expect(await targets(null)).toEqual([
      ['other', undefined],
      ['Up', 0.99],
    ]);
    expect(await targets(on(9))).toEqual([
      ['other', undefined],
      ['Up', 0.9],
    ]);
    expect(await targets(on(6))).toEqual([['Up', 0.9]]);
    expect(await targets(on(4))).toEqual([]);
  });

  it('hold from when they say: the latest that has begun, else the first that will', async () => {
    const slo = (target: number, at: string) =>
      recorded('slo.defined', at, { slo: 'Up', public: true, definition: { target } }, on(1));
    await ledger.write([slo(0.99, on(10)), slo(0.9, on(5)), slo(0.999, on(15))]);
    const targetAt = async (now: string) =>
      (await readDefinitions(ledger.store, 'slo.defined', null, now)).map(
        (data) => (data.definition as { target?: number }).target,
      );
    expect([await targetAt(on(4)), await targetAt(on(5)), await targetAt(on(12)), await targetAt(on(15))]).toEqual([
      [0.9],
      [0.9],
      [0.99],
      [0.999],
    ]);
  });
});

describe('adoption and answers', () => {
  it('are the same by refresh in any order, by rebuild and as of a past, and find the service by its latest rollout', async () => {
    const seed = 20_260_101;
    console.log(`seed ${seed}`);
    const random = newRandom(seed);
    const history: Recorded[] = [];
    for (let n = 0; n < 8; n += 1) {
      const service_id = `s${n}`;
      history.push(recorded('service.defined', on(1), { service_id, team: n % 2 ? 'odd' : 'even' }));
      if (n % 3 === 0)
        history.push(
          recorded('service.defined', on(20), { service_id, team: 'moved', exempt: n === 6 ? 'legacy' : '' }),
        );
      for (let k = 0; k < 6; k += 1) {
        const rollout_id = `${service_id}-${k}`;
        const data = {
          rollout_id,
          service_id,
          environment: 'prod',
          revision: rollout_id,
          outcome: 'succeeded',
          platform_path: random.chance(0.6),
        };
        history.push(recorded('deployment.finished', on(random.int(2, 250), n), data));
      }
    }
    for (const wave of ['A', 'b']) {
      for (let n = 0; n < 12; n += 1)
        history.push(
          recorded('survey.answered', on(random.int(30, 44)), {
            wave,
            item: `i${n % 2}`,
            respondent: `p${n % 7}`,
            score: 1 + (n % 5),
            team: n % 3 ? 'even' : 'odd',
          }),
        );
      history.push(recorded('survey.wave_closed', on(40), { wave }));
    }
    const rows = (asOf: string | null) =>
      ledger.atoms.withAtoms(asOf, ['adoptions', 'answers'], (tables) =>
        Promise.all(
          [tables.adoptions, tables.answers].map((table) =>
            ledger.store.query(`SELECT * EXCEPT (event_ids, delivery_ids) FROM ${table} ORDER BY atom_id`),
          ),
        ),
      );
    const stored = async () =>
      (await rows(null)).map((table) => table.map(({ refreshed: _r, voided: _v, ...row }) => row));
    const shuffled = random.shuffled(history);
    for (let from = 0; from < shuffled.length; from += 25)
      await ledger.atoms.refresh(await ledger.write(shuffled.slice(from, from + 25)));
    const fresh = await stored();
    await ledger.atoms.rebuild();
    expect(await stored()).toEqual(fresh);
    expect(await rows(on(300))).toEqual(fresh);
    expect(fresh.map((table) => table.length > 10)).toEqual([true, true]);

    // Against the definition, told naively: by the latest rollout at or before the instant.
    for (const day of [1, 15, 60, 150, 249, 345]) {
      const at = Date.parse(on(day, 23));
      const adopted = Array.from({ length: 8 }, (_, n) => `s${n}`).filter((name) => {
        const ofService = history.filter(
          ({ event }) => event.type === 'deployment.finished' && event.data.service_id === name,
        );
        const last = ofService
          .filter(({ event }) => Date.parse(event.occurred_at) <= at)
          .sort((a, b) =>
            a.event.occurred_at < b.event.occurred_at ? -1 : a.event.occurred_at > b.event.occurred_at ? 1 : 0,
          )
          .at(-1);
        return (
          last !== undefined &&
          (last.event.data as { platform_path?: boolean }).platform_path === true &&
          at - Date.parse(last.event.occurred_at) <= 90 * 86_400_000
        );
      });
      const [row] = (
        await ledger.ask(
          'adoption.rate',
          { from: on(day, 0), to: on(day, 23), service: Array.from({ length: 8 }, (_, n) => `s${n}`).join(',') },
          on(400),
        )
      ).totals;
      const exempt = day >= 20 && adopted.includes('s6') ? 1 : 0;
      expect(row?.numerator, `day ${day}`).toBe(adopted.length - exempt);
    }
  });
});
