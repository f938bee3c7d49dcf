import { parseInstant } from '../time.ts';
import { LONGEST_COMMENT } from '../vocabulary/survey.ts';
import { parseSince } from '../workspace/definition.ts';

/** What the cells of a column may hold. `words` are what somebody wrote: they are never quoted. */
export type ColumnType = 'text' | 'words' | 'time' | 'number' | 'whole' | 'flag';

/** One column of a kind of file. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly needed: boolean;
  /** What belongs there, for people. */
  readonly text: string;
}

export const needed = (name: string, type: ColumnType, text: string): Column => ({ name, type, needed: true, text });
export const optional = (name: string, type: ColumnType, text: string): Column => ({ name, type, needed: false, text });

export type CellValue = string | number | boolean;

/**
 * A cell as its column's type: a text as it is, a time as UTC ISO (a date begins in `zone`), numbers with a point, flags as
 * yes or no. Undefined if the cell is empty; `problem` if it holds something else. The problem quotes the cell, cut short.
 */
export function readCell(
  cell: string,
  type: ColumnType,
  zone: string,
): { readonly value: CellValue | undefined } | { readonly problem: string } {
  const text = cell.trim();
  if (text === '') return { value: undefined };
  const not = (what: string) => ({ problem: `'${text.slice(0, 60)}' is not ${what}` });
  switch (type) {
    case 'text':
      return text.length > 512 ? { problem: 'is longer than 512 characters' } : { value: text };
    case 'words':
      return text.length > LONGEST_COMMENT
        ? { problem: `is longer than ${LONGEST_COMMENT} characters` }
        : { value: text };
    case 'time': {
      const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? (parseSince(text, zone) ?? parseInstant(text)) : null;
      return time === null
        ? not('a date (2026-03-05) or a time with its zone (2026-03-05T10:00:00Z)')
        : { value: time };
    }
    case 'number':
      return /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text)
        ? { value: Number(text) }
        : not('a number such as 1234.5, without separators of thousands');
    case 'whole':
      return /^\d{1,9}$/.test(text) ? { value: Number(text) } : not('a whole number');
    case 'flag':
      if (/^(?:yes|y|true|1)$/i.test(text)) return { value: true };
      return /^(?:no|n|false|0)$/i.test(text) ? { value: false } : not('yes or no');
  }
}
