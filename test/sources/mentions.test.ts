import { describe, expect, test } from 'vitest';
import { causedBy, fixesIncident } from '../../ingest/sources/mentions.ts';

describe('caused-by', () => {
  test.each([
    ['caused-by: #12', '#12'],
    ['Found it. Caused-By: https://github.com/acme/api/pull/12.', 'https://github.com/acme/api/pull/12'],
    ['caused-by:1a2b3c4d5e', '1a2b3c4d5e'],
    ['* caused-by: `900/EU Production/abc`', '900/EU Production/abc'],
    ['caused-by: "release 7"', 'release 7'],
    ['(caused-by: acme/api#3)', 'acme/api#3'],
    ['caused-by: <https://github.com/acme/api/pull/12>', 'https://github.com/acme/api/pull/12'],
    ['caused-by: 18b94477-f994/2025-08-14T12:19:17Z', '18b94477-f994/2025-08-14T12:19:17Z'],
  ])('%s', (text, cause) => {
    expect(causedBy(null, 'nothing here', text)).toBe(cause);
  });

  test.each([
    'caused-by:',
    'caused-by: none',
    'caused-by: N/A',
    'caused-by: <!-- rollout -->',
    'uncaused-by: #1',
    'caused by #1',
  ])('%s names nothing', (text) => expect(causedBy(text)).toBeUndefined());

  test('long texts cost no time', () => {
    const started = performance.now();
    causedBy('caused-by: '.repeat(100_000), `caused-by: ${'.'.repeat(1_000_000)}`, ' '.repeat(1_000_000));
    fixesIncident('fixes: '.repeat(100_000), `${' '.repeat(1_000_000)}fixes: x`, `fixes: ${'`'.repeat(1_000_000)}`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('fixes', () => {
  test.each([
    ['text\n\nfixes: INC-7\n', 'INC-7'],
    ['Fixes: PT4KHLK', 'PT4KHLK'],
    ['- fixes: acme/api#3', 'acme/api#3'],
    ['fixes: https://github.com/acme/api/issues/3', 'acme/api#3'],
    ['fixes: https://gitlab.example.com/acme/sub/api/-/issues/3', 'acme/sub/api#3'],
  ])('%s', (text, incident) => expect(fixesIncident(text)).toBe(incident));

  test.each([
    ['the forge’s word for closing any issue', 'Fixes: #12'],
    ['Git’s word for a faulty commit', 'Fixes: 1a2b3c4d5e6f ("x: y")'],
    ['prose', 'fixes: the broken till'],
    ['a word', 'fixes: typos'],
    ['in mid-sentence', 'this fixes: INC-7'],
  ])('not %s', (_why, text) => expect(fixesIncident(text)).toBeUndefined());
});
