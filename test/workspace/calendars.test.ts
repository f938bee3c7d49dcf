import { expect, test } from 'vitest';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';

const read = (files: Record<string, string>) =>
  readWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    { timezone: 'Europe/Berlin' },
  );

const group = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: checkout }
spec: { type: team, children: [] }
`;

test('a calendar says when somebody is at work, and a team may name its own', () => {
  const team = group.replace('name: checkout', 'name: checkout, annotations: { headway.dev/calendar: office }');
  const result = read({
    'catalog/teams.yaml': team,
    'calendars.yaml': `calendars:
  - id: office
    timezone: Europe/Berlin
    hours:
      monday: 09:00-17:00
      friday: [22:00-06:00, 09:00-12:30]
    holidays: [2025-12-26, 2025-12-25, 2025-12-26]
    since: 2025-11-01
`,
  });
  expect(result.ok && result.workspace.definitions).toEqual([
    {
      type: 'calendar.defined',
      since: '2025-10-31T23:00:00.000Z',
      data: {
        calendar: 'office',
        timezone: 'Europe/Berlin',
        hours: { monday: ['09:00-17:00'], friday: ['22:00-06:00', '09:00-12:30'] },
        holidays: ['2025-12-25', '2025-12-26'],
      },
    },
    { type: 'team.defined', since: null, data: { team: 'checkout', calendar: 'office' } },
  ]);
});

test('every problem of a calendar is told with its line', () => {
  const result = read({
    'catalog/teams.yaml': `apiVersion: backstage.io/v1alpha1
kind: Group
metadata:
  name: checkout
  annotations:
    headway.dev/calendar: nowhere
spec: { type: team, children: [] }
`,
    'calendars.yaml': `calendars:
  - id: office
    timezone: Mars/Olympus
    hours:
      monday: 9-17
      caturday: 09:00-17:00
    holidays:
      - 2025-02-31
  - id: never
    timezone: UTC
    hours: {}
    color: red
  - id: twice
    timezone: UTC
    hours: { monday: 09:00-25:00, tuesday: [09:00-10:00, noon] }
  - id: Twin
    timezone: UTC
    hours: { monday: 09:00-10:00 }
  - id: twin
    timezone: UTC
    hours: { monday: 09:00-10:00 }
`,
  });
  const told = result.ok ? [] : result.problems.map(({ file, line, message }) => `${file}:${line} ${message}`);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^calendars.yaml:3 calendars\.0\.timezone: is not a time zone/),
      expect.stringMatching(/^calendars.yaml:5 calendars\.0\.hours\.monday: /),
      expect.stringMatching(/^calendars.yaml:6 calendars\.0\.hours: unknown key 'caturday'/),
      expect.stringMatching(/^calendars.yaml:8 calendars\.0\.holidays\.0: is not a date/),
      expect.stringMatching(/^calendars.yaml:11 calendars\.1\.hours: opens on no day/),
      expect.stringMatching(/^calendars.yaml:12 calendars\.1: unknown key 'color'/),
      expect.stringMatching(/^calendars.yaml:15 calendars\.2\.hours\.monday: /),
      expect.stringMatching(/^calendars.yaml:15 calendars\.2\.hours\.tuesday\.1: /),
      expect.stringMatching(/^catalog\/teams.yaml:6 headway\.dev\/calendar: no calendar has the id 'nowhere'/),
      expect.stringMatching(/^calendars.yaml:19 calendar:twin is defined twice/),
    ]),
  );
});
