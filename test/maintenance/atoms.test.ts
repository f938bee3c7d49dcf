import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseData } from '../../ingest/event.ts';
import { newStory, type Story } from '../histories/story.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

let ledger: Ledger;
let story: Story;
beforeAll(async () => {
  ledger = await openLedger();
}, 120_000);
afterAll(() => ledger.close());
beforeEach(async () => {
  story = newStory();
  await ledger.clear();
});

/** An instant of 10 March, or of the day before. */
const at = (time: string): string =>
  time.startsWith('-') ? `2026-03-09T${time.slice(1)}:00.000Z` : `2026-03-10T${time}:00.000Z`;
const announce = (said: string, from: string, to: string, more: object = {}): void => {
  const plan = { maintenance_id: 'M1', services: ['shop'], starts_at: at(from), ends_at: at(to), ...more };
  story.tell('maintenance.announced', at(said), plan, { key: [`${said} ${JSON.stringify(plan)}`] });
};
const end = (kind: 'cancelled' | 'completed', said: string): void => {
  story.tell(`maintenance.${kind}`, at(said), { maintenance_id: 'M1' });
};
const hour = (instant: unknown): string => String(instant).slice(11, 16);

async function stored(columns = 'service, starts_at, ends_at, excluded'): Promise<readonly unknown[][]> {
  const rows = await ledger.store.query(
    `SELECT ${columns} FROM maintenances FINAL ORDER BY starts_at, ends_at, service, excluded`,
  );
  return rows.map((row) => Object.entries(row).map(([name, value]) => (name.endsWith('_at') ? hour(value) : value)));
}

/** What the story comes to, in whatever order, however often and in how many batches it is told. */
async function told(): Promise<readonly unknown[][]> {
  await ledger.write(story.history);
  await ledger.atoms.rebuild();
  const whole = await stored('* EXCEPT (refreshed, voided)');
  const expected = await stored();
  await ledger.clear();
  for (const one of [...story.history].reverse()) await ledger.atoms.refresh(await ledger.write([one, one]));
  expect(await stored('* EXCEPT (refreshed, voided)')).toEqual(whole);
  return expected;
}

describe('which maintenance counts (R59)', () => {
  test('what was announced before its start, from there to its end', async () => {
    announce('-12:00', '10:00', '12:00', { title: 'New disks', url: 'https://status.example/m1' });
    expect(await told()).toEqual([['shop', '10:00', '12:00', '']]);
    expect(await stored('maintenance_id, title, url, announced_at, length(event_ids) AS n')).toEqual([
      ['M1', 'New disks', 'https://status.example/m1', '12:00', '1'],
    ]);
  });

  test.each(['10:00', '10:01', '12:00', '15:00'])('said at %s, at its start or later, it is late', async (said) => {
    announce(said, '10:00', '12:00');
    expect(await told()).toEqual([['shop', '10:00', '12:00', 'announced_late']]);
  });

  test('the newest plan counts: moved, put off and put forward before it starts', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('-13:00', '14:00', '15:00');
    announce('09:00', '09:30', '10:30');
    expect(await told()).toEqual([['shop', '09:30', '10:30', '']]);
  });

  test('a start that is already past moves nothing, and takes nothing away', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('09:00', '08:00', '13:00');
    expect(await told()).toEqual([
      ['shop', '08:00', '13:00', 'announced_late'],
      ['shop', '10:00', '12:00', ''],
    ]);
  });

  test.each([
    ['longer', '11:00', '13:00', '13:00'],
    ['shorter', '11:00', '11:30', '11:30'],
    ['over since before it is said', '11:00', '10:30', '11:00'],
    ['longer, with a start that was never planned', '11:00', '13:00', '13:00', '08:00'],
    ['longer, as if it began at that instant', '11:00', '13:00', '13:00', '11:00'],
  ])('while it is under way it may become %s, from then on', async (_how, said, to, expected, from = '10:00') => {
    announce('-12:00', '10:00', '12:00');
    announce(said, from, to);
    expect(await told()).toEqual([['shop', '10:00', expected, '']]);
  });

  test('longer again and again, as long as it is said in time', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('11:00', '10:00', '13:00');
    announce('12:30', '10:00', '14:00');
    announce('14:00', '10:00', '16:00');
    announce('15:00', '10:00', '17:00');
    expect(await told()).toEqual([
      ['shop', '10:00', '14:00', ''],
      ['shop', '10:00', '16:00', 'announced_late'],
      ['shop', '10:00', '17:00', 'announced_late'],
    ]);
  });

  test('said too early of an earlier start, it is believed once maintenance is under way', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('09:00', '08:00', '13:00');
    announce('10:30', '08:00', '13:00');
    expect(await told()).toEqual([['shop', '10:00', '13:00', '']]);
  });

  test('said again after it was over, the same plan is still the same', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('15:00', '10:00', '12:00', { title: 'It went well' });
    expect(await told()).toEqual([['shop', '10:00', '12:00', '']]);
  });

  test('put off while it is under way: until then, and then', async () => {
    announce('-12:00', '10:00', '12:00');
    announce('10:30', '14:00', '15:00');
    expect(await told()).toEqual([
      ['shop', '10:00', '10:30', ''],
      ['shop', '14:00', '15:00', ''],
    ]);
  });

  test('cancelled before it starts it never was; while it is under way it ends there', async () => {
    announce('-12:00', '10:00', '12:00');
    end('cancelled', '10:00');
    expect(await told()).toEqual([['shop', '10:00', '12:00', 'cancelled']]);
    expect(await stored('length(event_ids) AS n')).toEqual([['2']]);
    story = newStory();
    await ledger.clear();
    announce('-12:00', '10:00', '12:00');
    end('cancelled', '11:00');
    announce('11:30', '10:00', '12:00', { title: 'Once more' });
    expect(await told()).toEqual([['shop', '10:00', '11:00', '']]);
  });

  test('completed early it ends there; completed late it lasted as long as was said', async () => {
    announce('-12:00', '10:00', '12:00');
    end('completed', '11:15');
    end('completed', '11:45');
    expect(await told()).toEqual([['shop', '10:00', '11:15', '']]);
    story = newStory();
    await ledger.clear();
    announce('-12:00', '10:00', '12:00');
    end('completed', '13:00');
    expect(await told()).toEqual([['shop', '10:00', '12:00', '']]);
  });

  test('an announcement and an end at one instant: the end is said last', async () => {
    announce('11:00', '12:00', '13:00');
    end('cancelled', '11:00');
    expect(await told()).toEqual([['shop', '12:00', '13:00', 'cancelled']]);
  });

  test('once it is over it may be announced anew', async () => {
    announce('-12:00', '08:00', '09:00');
    end('completed', '08:30');
    announce('09:30', '10:00', '11:00');
    expect(await told()).toEqual([
      ['shop', '08:00', '08:30', ''],
      ['shop', '10:00', '11:00', ''],
    ]);
  });

  test('each name for itself: who joins late is late, who is named no longer is done', async () => {
    announce('-12:00', '10:00', '12:00', { services: ['shop', 'Cart'] });
    announce('11:00', '10:00', '13:00', { services: ['cart', 'search'] });
    expect(await told()).toEqual([
      ['shop', '10:00', '11:00', ''],
      ['Cart', '10:00', '13:00', ''],
      ['search', '10:00', '13:00', 'announced_late'],
    ]);
  });

  test('the service is who goes by the name when it starts, as an incident’s', async () => {
    const define = (when: string, team: string, incident_services: string[]) =>
      story.tell('service.defined', when, { service_id: 'shop-web', team, incident_services });
    define('2026-01-01T00:00Z', 'sales', ['Tills']);
    define('2026-03-10T11:00Z', 'stores', []);
    announce('-12:00', '10:00', '12:00', { services: ['tills', 'SHOP-WEB', 'nobody'] });
    expect(await told()).toEqual([
      ['nobody', '10:00', '12:00', ''],
      ['shop-web', '10:00', '12:00', ''],
      ['shop-web', '10:00', '12:00', ''],
    ]);
    expect(await stored('service, team, team_now')).toContainEqual(['shop-web', 'sales', 'stores']);
  });
});

test('as it was known: a cancellation that came late changes the past only from then on', async () => {
  announce('-12:00', '10:00', '12:00');
  story.tell(
    'maintenance.cancelled',
    at('09:00'),
    { maintenance_id: 'M1' },
    { recordedAt: '2026-03-12T00:00:00.000Z' },
  );
  await ledger.write(story.history);
  const known = (asOf: string) =>
    ledger.atoms.withAtoms(asOf, ['maintenances'], async (tables) =>
      (await ledger.store.query(`SELECT excluded FROM ${tables.maintenances}`)).map(({ excluded }) => excluded),
    );
  expect(await known('2026-03-09T11:00:00.000Z')).toEqual([]);
  expect(await known('2026-03-11T00:00:00.000Z')).toEqual(['']);
  expect(await known('2026-03-13T00:00:00.000Z')).toEqual(['cancelled']);
});

test('a retraction by an event’s id, and what a newer normaliser no longer tells, are gone', async () => {
  announce('-12:00', '10:00', '12:00');
  const { event } = story.history[0]!;
  story.tell('incident.retracted', at('13:00'), { event_id: event.id });
  expect(await told()).toEqual([]);
  story = newStory();
  await ledger.clear();
  const plan = { maintenance_id: 'M1', services: ['shop'], starts_at: at('10:00'), ends_at: at('12:00') };
  story.tell('maintenance.announced', at('-12:00'), plan, { deliveryId: 'd1', key: ['a'] });
  story.tell('maintenance.announced', at('-11:00'), plan, { deliveryId: 'd1', key: ['b'], normaliser: 2 });
  await ledger.write(story.history);
  await ledger.atoms.rebuild();
  expect(await stored('announced_at')).toEqual([['11:00']]);
});

describe('what cannot be announced', () => {
  const problems = (over: object) => {
    const plan = { maintenance_id: 'M1', services: ['shop'], starts_at: at('10:00'), ends_at: at('12:00') };
    const parsed = parseData('maintenance.announced', { ...plan, ...over });
    return parsed.ok ? [] : parsed.problems.map(({ field, problem }) => `${field} ${problem}`);
  };
  test('an end that is not after its start, more than 31 days, and nobody', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ ends_at: '2026-04-10T10:00:00Z' })).toEqual([]);
    for (const ends_at of [at('10:00'), at('09:59')])
      expect(problems({ ends_at })).toEqual([
        'data.ends_at is not after starts_at: a maintenance ends after it starts',
      ]);
    expect(problems({ ends_at: '2026-04-10T10:00:01Z' })[0]).toMatch(/^data.ends_at is more than 31 days after/);
    for (const year of ['1015', '2200', '9999'])
      expect(problems({ starts_at: `${year}-01-01T00:00:00Z`, ends_at: `${year}-01-01T01:00:00Z` })).toEqual([
        'data.starts_at is not between the years 2000 and 2200: say when it starts',
      ]);
    expect(problems({ services: [] })[0]).toMatch(/^data.services /);
    expect(problems({ services: undefined })[0]).toMatch(/^data.services /);
    expect(problems({ ends_at: 'noon' })[0]).toMatch(/^data.ends_at is not a timestamp/);
  });
});
