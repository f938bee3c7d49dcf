import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseData } from '../../ingest/event.ts';
import { type CsvFile, readCsvFile } from '../../ingest/import/csv-events.ts';
import { type CsvKindName, csvKinds } from '../../ingest/import/csv-kinds.ts';
import { times } from '../support/thorough.ts';

const SEED = 20260308;
console.log(`CSV files: seed ${SEED}`);

const file = (kind: CsvKindName, text: string, more: Partial<CsvFile> = {}) =>
  readCsvFile({ kind, text, timezone: 'Europe/Berlin', now: '2026-04-01T00:00:00.000Z', ...more });

function eventsOf(kind: CsvKindName, text: string, more: Partial<CsvFile> = {}) {
  const read = file(kind, text, more);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.events;
}

/** Problems as the command prints them. */
function problemsOf(kind: CsvKindName, text: string, more: Partial<CsvFile> = {}): string[] {
  const read = file(kind, text, more);
  return read.ok ? [] : read.problems.map(({ row, column, problem }) => `${row}/${column ?? ''}: ${problem}`);
}

describe('surveys', () => {
  const header = 'wave,respondent,item,score,answered_at,team,invited_at,wave_closed_at\n';

  test('answers, invitations and the close, each once; the respondent is a digest', () => {
    const events = eventsOf(
      'surveys',
      `${header}q1,Ada@example.org,overall,4,2026-03-02,checkout,2026-03-01,2026-03-20
q1,ada@example.org,support,5,2026-03-02T10:00:00Z,checkout,2026-03-01,2026-03-20
q1,bob@example.org,,,,data,2026-03-01,2026-03-20`,
    );
    expect(events.map(({ type, occurred_at }) => `${type} ${occurred_at}`)).toEqual([
      'survey.wave_closed 2026-03-19T23:00:00.000Z',
      'survey.invited 2026-02-28T23:00:00.000Z',
      'survey.answered 2026-03-01T23:00:00.000Z',
      'survey.answered 2026-03-02T10:00:00.000Z',
      'survey.invited 2026-02-28T23:00:00.000Z',
      'source.heartbeat 2026-03-19T23:00:00.000Z',
    ]);
    const answers = events.filter(({ type }) => type === 'survey.answered').map(({ data }) => data);
    const respondent = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(answers[0]).toEqual({ wave: 'q1', item: 'overall', score: 4, respondent, team: 'checkout' });
    expect((answers[0] as { respondent: string }).respondent).toBe((answers[1] as { respondent: string }).respondent);
    expect(JSON.stringify(events).toLowerCase()).not.toContain('ada');
    expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['csv-surveys']));
  });

  test('half an answer, neither answer nor invitation, two ends of one wave, two scores at one time', () => {
    expect(
      problemsOf(
        'surveys',
        `${header}q1,a,overall,,2026-03-02,,,
q1,b,,,,,,
q1,c,overall,4,2026-03-02,,,2026-03-20
q1,d,overall,4,2026-03-02,,,2026-03-21
q1,c,overall,5,2026-03-02,,,2026-03-20
q1,e,overall,11,2026-03-02,,,`,
      ),
    ).toEqual([
      '2/score: is empty: an answer has an item, a score and its time',
      '3/item: says neither what was answered nor when it was asked',
      '5/wave_closed_at: says something else of the same survey.wave_closed as row 4',
      '6/answered_at: says something else of the same survey.answered as row 4',
      expect.stringMatching(/^7\/score: data\.score: .*10/),
    ]);
  });
});

describe('comments in surveys', () => {
  const header = 'wave,respondent,item,score,answered_at,comment\n';
  const text = `${header}q1,Ada,overall,4,2026-03-02,"Good, but slow."\nq1,ada,,,2026-03-02,In general fine\nq1,bob,overall,5,2026-03-02,\n`;

  test('with a score, without one, or about the wave as a whole', () => {
    const events = eventsOf('surveys', text, { takesComments: true });
    const respondent = expect.stringMatching(/^[0-9a-f]{32}$/);
    const data = { wave: 'q1', respondent };
    expect(events.map((event) => [event.type, event.data])).toEqual([
      ['survey.commented', { ...data, item: 'overall', text: 'Good, but slow.' }],
      ['survey.answered', { ...data, item: 'overall', score: 4 }],
      ['survey.commented', { ...data, text: 'In general fine' }],
      ['survey.answered', { ...data, item: 'overall', score: 5 }],
      ['source.heartbeat', { name: 'csv-surveys' }],
    ]);
    const [first, , third] = events.map((event) => event.data as { respondent: string });
    expect(first?.respondent).toBe(third?.respondent);
    expect(JSON.stringify(events)).not.toMatch(/ada/i);
  });

  test('a file that has any is refused where nobody asked, and no problem quotes one', () => {
    expect(problemsOf('surveys', text)).toEqual([expect.stringMatching(/^1\/comment: .*HEADWAY_SURVEY_COMMENTS=on/)]);
    const long = `${header}q1,a,overall,4,2026-03-02,${'so '.repeat(2000)}\nq1,b,overall,,,so it is\n`;
    expect(problemsOf('surveys', long, { takesComments: true })).toEqual([
      '2/comment: is longer than 4096 characters',
      '3/answered_at: is empty: a comment has the time at which it was made',
    ]);
  });
});

test('training: assigned and completed; due ahead of now is right, completed ahead of now is not', () => {
  const header = 'person,course,assigned_at,due_at,completed_at,passed\n';
  expect(
    eventsOf(
      'training',
      `${header}ada,security,2026-03-01,2026-06-01,2026-03-10,yes\nbob,security,2026-03-01,2026-06-01,,`,
    ),
  ).toMatchObject([
    { type: 'training.assigned', data: { person: 'ada', course: 'security', due_at: '2026-05-31T22:00:00.000Z' } },
    { type: 'training.completed', occurred_at: '2026-03-09T23:00:00.000Z', data: { passed: true } },
    { type: 'training.assigned', data: { person: 'bob' } },
    { type: 'source.heartbeat', occurred_at: '2026-03-09T23:00:00.000Z', data: { name: 'csv-training' } },
  ]);
  expect(
    problemsOf(
      'training',
      `${header}ada,security,2026-03-01,2026-02-01,2026-05-10,maybe\nada,x,2026-03-01,2026-06-01,2026-05-10,\nada,y,2026-03-01,2026-06-01,,no`,
    ),
  ).toEqual([
    "2/passed: 'maybe' is not yes or no",
    '2/due_at: lies before assigned_at',
    expect.stringMatching(/^3\/completed_at: .*10 minutes after/),
    '4/passed: is said of a training that is not completed',
  ]);
});

test('costs: an id of its own or of what it is about; two alike rows contradict each other', () => {
  const header = 'from,to,amount,currency,category,service,team,cost_id\n';
  const [people, cloud, correction, heartbeat] = eventsOf(
    'costs',
    `${header}2026-01-01,2026-02-01,120000,EUR,people,,checkout,
2026-01-01,2026-02-01,"8123.45",EUR,infrastructure,cart,,
2026-01-01,2026-02-01,-23.45,EUR,infrastructure,cart,,invoice-7`,
  );
  expect(people).toMatchObject({
    type: 'cost.recorded',
    occurred_at: '2025-12-31T23:00:00.000Z',
    data: { amount: 120000, currency: 'EUR', category: 'people', team: 'checkout', to: '2026-01-31T23:00:00.000Z' },
  });
  expect(cloud?.data).toMatchObject({ amount: 8123.45, service_id: 'cart' });
  expect(correction?.data).toMatchObject({ amount: -23.45, cost_id: 'invoice-7' });
  // Known up to the end of the period, not only up to its beginning.
  expect(heartbeat?.occurred_at).toBe('2026-01-31T23:00:00.000Z');
  expect(
    problemsOf(
      'costs',
      `${header}2026-01-01,2026-02-01,1,EUR,people,,a,\n2026-01-01,2026-02-01,2,EUR,people,,a,\n2026-02-01,2026-01-01,"1,5",Euro,,,,\n2026-01-01,2026-01-01,1,EUR,,,,\n2026-01-01,2026-02-01,1,eur,,,,`,
    ),
  ).toEqual([
    '3/from: says something else of the same cost.recorded as row 2',
    "4/amount: '1,5' is not a number such as 1234.5, without separators of thousands",
    '4/to: lies before from',
    '5/to: is the same as from, so that the period is empty',
    expect.stringMatching(/^6\/currency: data\.currency: is not a currency code/),
  ]);
});

test('headcount: coming and leaving, twice if need be', () => {
  const events = eventsOf(
    'headcount',
    'person,team,joined_at,left_at,voluntary,newcomer\nada,a,2024-01-01,2025-01-01,yes,no\nada,b,2026-02-01,,,\n',
  );
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['person.joined', { person: 'ada', team: 'a', newcomer: false }],
    ['person.left', { person: 'ada', team: 'a', voluntary: true }],
    ['person.joined', { person: 'ada', team: 'b' }],
    ['source.heartbeat', { name: 'csv-headcount' }],
  ]);
});

test('tickets: the whole life of a ticket, and a second row for what came after', () => {
  const header = 'ticket_id,created_at,responded_at,responded_by_bot,escalated_at,resolved_at,reopened_at,tier,kind\n';
  const at = (time: string) => `2026-03-05T${time}:00Z`;
  const events = eventsOf(
    'tickets',
    `${header}T-1,${at('10:00')},${at('10:30')},no,${at('11:00')},${at('12:00')},${at('15:00')},2,create-repository
T-1,${at('10:00')},,,,${at('16:00')},,2,create-repository`,
  );
  expect(events.map(({ type, occurred_at }) => `${type} ${occurred_at.slice(11, 16)}`)).toEqual([
    'ticket.created 10:00',
    'ticket.responded 10:30',
    'ticket.escalated 11:00',
    'ticket.resolved 12:00',
    'ticket.reopened 15:00',
    'ticket.resolved 16:00',
    'source.heartbeat 16:00',
  ]);
  expect(events[0]?.data).toEqual({ ticket_id: 'T-1', kind: 'create-repository', tier: 2 });
  expect(events[1]?.data).toMatchObject({ actor_kind: 'human' });
  expect(events[2]?.data).toMatchObject({ tier: 3 });
  expect(problemsOf('tickets', `ticket_id,created_at,tier\nT-1,${at('10:00')},4\nT-2,yesterday,1\n`)).toEqual([
    expect.stringMatching(/^2\/tier: data\.tier: /),
    expect.stringMatching(/^3\/created_at: 'yesterday' is not a date/),
  ]);
});

describe('any kind', () => {
  test('a header that is not what it should be; all of it at once, and no row is looked at', () => {
    expect(problemsOf('costs', 'from,amount,Amount,,colour\nx,y,z,,\n')).toEqual([
      '1/amount: is there twice',
      '1/4: has no name',
      expect.stringMatching(/^1\/colour: is unknown; there are from, to, amount/),
      '1/to: is missing',
      '1/currency: is missing',
    ]);
    expect(problemsOf('costs', 'from;to;amount;currency\n')).toEqual([
      '1/: is separated by semicolons: say so with --separator',
    ]);
    expect(problemsOf('costs', '')).toEqual(['1/: there is no header row']);
    expect(problemsOf('costs', 'from,to,amount,currency\n')).toEqual(['2/: there are no rows']);
  });

  test('one wrong cell and nothing of the file is taken; every wrong cell is told', () => {
    const rows = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'ada,x' : 'ada'));
    expect(problemsOf('headcount', ['person,joined_at', 'ada,2026-01-01', ...rows].join('\n'))).toHaveLength(100);
    expect(problemsOf('headcount', 'person,joined_at\n,\n')).toEqual(['2/person: is empty', '2/joined_at: is empty']);
    expect(problemsOf('headcount', 'person,joined_at\nada,2026-01-01,x\n')).toEqual(['2/: has 3 cells, the header 2']);
  });

  test('in another order of columns and rows the same facts; --until says up to when', () => {
    const ids = (text: string) =>
      eventsOf('headcount', text)
        .map(({ id, type }) => `${type} ${id}`)
        .sort();
    expect(ids('joined_at,person\n2026-01-02,bob\n2026-01-01,ada\n')).toEqual(
      ids('Person , JOINED_AT\nada,2026-01-01\nbob,2026-01-02\nada,2026-01-01\n'),
    );
    const until = '2026-03-31T22:00:00.000Z';
    expect(eventsOf('headcount', 'person,joined_at\nada,2026-01-01\n', { until }).at(-1)).toMatchObject({
      occurred_at: until,
    });
  });

  test('2,000 random files of each kind: right events or a reason with its place, never a throw', () => {
    for (const kind of Object.keys(csvKinds) as CsvKindName[]) {
      const names = csvKinds[kind].columns.map(({ name }) => name);
      const types = csvKinds[kind].columns.map(({ type }) => type);
      const right = (index: number) =>
        ({ text: 'EUR', words: 'so it is', time: `2026-01-0${(index % 9) + 1}`, number: '3', whole: '1', flag: 'yes' })[
          types[index]!
        ];
      const cell = (index: number) =>
        fc.oneof(
          { weight: 20, arbitrary: fc.constant(right(index)) },
          { weight: 6, arbitrary: fc.constant('') },
          {
            weight: 1,
            arbitrary: fc.constantFrom('1015-01-01', '2036-01-01', '-1', '"', '"a"b', '=1+1', '9'.repeat(400)),
          },
        );
      const row = fc.tuple(...names.map((_, index) => cell(index)));
      let taken = 0;
      let refused = 0;
      fc.assert(
        fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), (rows) => {
          const text = [names.join(','), ...rows.map((cells) => cells.join(','))].join('\n');
          const read = file(kind, text, { takesComments: true });
          if (!read.ok) {
            refused++;
            expect(read.problems.every(({ row: at, problem }) => at >= 1 && problem !== '')).toBe(true);
            return;
          }
          taken++;
          for (const { type, data } of read.events) expect(parseData(type, data)).toEqual({ ok: true, data });
        }),
        { numRuns: times(2000, 300), seed: SEED },
      );
      expect(Math.min(taken, refused), kind).toBeGreaterThan(3);
    }
  });
});
