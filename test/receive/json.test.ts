import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longIntegersAsText, parseJson } from '../../ingest/json.ts';
import { parseInstant } from '../../ingest/time.ts';

const SEED = 20260306;
console.log(`long integers: seed ${SEED}`);

const bytes = (text: string) => new TextEncoder().encode(text);
const quoted = (text: string) => new TextDecoder().decode(longIntegersAsText(bytes(text)));

describe('integers of more digits than a number holds', () => {
  test.each([
    ['{"id":1502709956288000110}', '{"id":"1502709956288000110"}'],
    ['[ -1234567890123456 ,1]', '[ "-1234567890123456" ,1]'],
    ['1234567890123456', '"1234567890123456"'],
  ])('%s becomes %s', (text, expected) => expect(quoted(text)).toBe(expected));

  test.each([
    '123456789012345',
    '{"a":"1502709956288000110"}',
    '{"a":"\\"1502709956288000110"}',
    '[1.5027099562880001100, 1502709956288000110.5, 1502709956288000110e1, 1e1502709956288000110]',
    '0000000000000000123',
    '',
    '"1502709956288000110',
  ])('%s stays as it is', (text) => expect(quoted(text)).toBe(text));

  test('all else of any JSON stays as it is, and so does its meaning', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: 10n ** 15n, max: 10n ** 30n }), (value, long) => {
        const text = `{"value":${JSON.stringify(value)},"long":${long},"after":[${long}]}`;
        const read = parseJson(longIntegersAsText(bytes(text)));
        // Long integers among the arbitrary values become texts too; none of fast-check's is longer than 17 digits.
        const plain = JSON.parse(JSON.stringify(value), (_, inner) =>
          typeof inner === 'number' && /^-?\d{16,}$/.test(String(inner)) ? String(inner) : inner,
        );
        expect(read).toEqual({ ok: true, value: { value: plain, long: `${long}`, after: [`${long}`] } });
      }),
      { seed: SEED },
    );
  });
});

test('nanoseconds are cut to milliseconds, not rounded', () => {
  expect(parseInstant('1502709956287999999')).toBe('2017-08-14T11:25:56.287Z');
  expect(parseInstant('1502709956288000000')).toBe('2017-08-14T11:25:56.288Z');
  // 256 ns are the grain of a number of that size: read as one, this would be the next millisecond.
  expect(Math.trunc(Number('1502709956287999999') / 1e6)).toBe(1502709956288);
  expect(parseInstant('999999999999999999')).toBe('2001-09-09T01:46:39.999Z');
  expect(parseInstant('1502709956288')).toBe('2017-08-14T11:25:56.288Z');
  expect(parseInstant('1502709956')).toBe('2017-08-14T11:25:56.000Z');
});
