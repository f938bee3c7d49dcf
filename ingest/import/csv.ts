/** A record of a CSV file: its place as a spreadsheet counts rows (from 1), and its cells. */
export interface CsvRow {
  readonly row: number;
  readonly cells: readonly string[];
}

/** What is wrong with a file, and where; `column` is null where a whole row is meant. */
export interface CsvProblem {
  readonly row: number;
  readonly column: string | null;
  readonly problem: string;
}

export type CsvReading =
  | { readonly ok: true; readonly rows: readonly CsvRow[] }
  | { readonly ok: false; readonly problem: CsvProblem };

/**
 * Reads CSV as RFC 4180 has it: cells in double quotes may hold separators, line ends and doubled quotes; a quote anywhere
 * else is an error, and so is a quoted cell that goes on or never ends. Lines end with CRLF or LF, the last one need not. A
 * byte order mark is passed over, empty lines are no rows. Stops at the first error: what follows cannot be told.
 */
export function readCsv(text: string, separator = ','): CsvReading {
  const rows: CsvRow[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (let row = 1; at < text.length; row++) {
    const cells: string[] = [];
    for (;;) {
      const cell = text[at] === '"' ? quoted(text, at) : bare(text, at, separator);
      if ('problem' in cell)
        return { ok: false, problem: { row, column: String(cells.length + 1), problem: cell.problem } };
      cells.push(cell.value);
      at = cell.end;
      if (text[at] !== separator) break;
      at++;
    }
    const end = lineEnd(text, at);
    if (end === null) {
      const problem = 'goes on after its closing quote; a quote within quotes is written twice';
      return { ok: false, problem: { row, column: String(cells.length), problem } };
    }
    at = end;
    if (cells.length > 1 || cells[0] !== '') rows.push({ row, cells });
  }
  return { ok: true, rows };
}

type Cell = { readonly value: string; readonly end: number } | { readonly problem: string };

function quoted(text: string, start: number): Cell {
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { problem: 'begins with a quote that is never closed' };
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

function bare(text: string, start: number, separator: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== separator && lineEnd(text, end) === null) {
    if (text[end] === '"') return { problem: 'holds a quote: put the whole cell into quotes, and the quote twice' };
    end++;
  }
  return { value: text.slice(start, end), end };
}

/** Where the next line begins, if a line ends here; null if none does. */
function lineEnd(text: string, at: number): number | null {
  if (at >= text.length) return text.length;
  if (text[at] === '\n') return at + 1;
  return text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : null;
}
