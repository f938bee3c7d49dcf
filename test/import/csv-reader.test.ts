import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../ingest/import/csv.ts';

const SEED = 20260308;
console.log(`CSV text: seed ${SEED}`);

describe('RFC 4180', () => {
  const cells = (text: string, separator?: string) => {
    const read = readCsv(text, separator);
    return read.ok ? read.rows.map((row) => row.cells) : read.problem;
  };

  test('quotes, doubled quotes, separators and line ends within quotes, both line ends, a byte order mark', () => {
    expect(cells('\uFEFFa,b\r\n"x, ""y""","1\r\n2"\n,\n"",z')).toEqual([
      ['a', 'b'],
      ['x, "y"', '1\r\n2'],
      ['', ''],
      ['', 'z'],
    ]);
    expect(cells('a;b\n1,5;"c;d"\n', ';')).toEqual([
      ['a', 'b'],
      ['1,5', 'c;d'],
    ]);
    expect(cells('')).toEqual([]);
    expect(cells('a\rb,c')).toEqual([['a\rb', 'c']]);
  });

  test('empty lines are no rows, and the rows after them keep their number', () => {
    const read = readCsv('a,b\n\n\n1,2\n\n');
    expect(read).toEqual({
      ok: true,
      rows: [
        { row: 1, cells: ['a', 'b'] },
        { row: 4, cells: ['1', '2'] },
      ],
    });
  });

  test('what is not CSV is told by row and cell', () => {
    expect(cells('a,b\n1,x"y')).toMatchObject({ row: 2, column: '2', problem: expect.stringMatching(/holds a quote/) });
    expect(cells('a,b\n"x"y,1')).toMatchObject({
      row: 2,
      column: '1',
      problem: expect.stringMatching(/closing quote/),
    });
    expect(cells('a,b\n1,"x\n\n')).toMatchObject({
      row: 2,
      column: '2',
      problem: expect.stringMatching(/never closed/),
    });
  });

  test('whatever is written by the rules is read as it was', () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', ';', 'ü') }),
      fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('\uFEFF')),
    );
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(table, fc.constantFrom('\r\n', '\n'), fc.boolean(), (rows, end, always) => {
        const write = (text: string) => (always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const text = rows.map((row) => row.map(write).join(',')).join(end);
        expect(cells(text)).toEqual(rows);
      }),
      { numRuns: 500, seed: SEED },
    );
  });
});
