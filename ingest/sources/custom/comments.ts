import type { EventType } from '../../vocabulary/vocabulary.ts';
import type { Rule } from './definition.ts';
import { EVERY, isList, type Selector } from './selector.ts';
import type { Value } from './value.ts';

type Steps = Selector['steps'];

/** What of a body stays: the parts that it is read by, each for itself. */
interface Kept {
  /** Something is read here. */
  read: boolean;
  /** A comment stands here. */
  comment: boolean;
  /** A score may stand here too: many tools put whatever was answered in one place. */
  score: boolean;
  readonly parts: Map<Steps[number], Kept>;
}

/** What is read at a place. */
type Use = 'value' | 'comment' | 'score';

/** True of the field that holds what somebody wrote. */
export function isTextOfComment(kind: EventType, field: string): boolean {
  return kind === 'survey.commented' && field === 'text';
}

/**
 * What is left of a body where nobody asked for comments: what the rules read, with a blank in the place of each comment, so
 * that conditions hold as they did. Whatever no rule reads may be a comment, and is gone.
 */
export function withoutWords(rules: readonly Rule[]): (body: unknown) => unknown {
  const kept = newKept();
  for (const { kind, each, when, key, occurred_at, data } of rules) {
    const element = each === undefined ? [] : elements(each, []);
    const read = (value: Value, use: Use) => noteValue(kept, value, element, use);
    for (const value of [...when.map((one) => one.value), ...key, occurred_at]) read(value, 'value');
    for (const [field, value] of Object.entries(data)) {
      const isScore = kind === 'survey.answered' && field === 'score';
      read(value, isTextOfComment(kind, field) ? 'comment' : isScore ? 'score' : 'value');
    }
  }
  return (body) => left(body, [kept]);
}

function newKept(): Kept {
  return { read: false, comment: false, score: false, parts: new Map() };
}

/** Where the elements of a list stand: a selector that finds one list means what is in it. */
function elements(each: Selector, element: Steps): Steps {
  const steps = [...(each.from === '@' ? element : []), ...each.steps];
  return isList(each) ? steps : [...steps, EVERY];
}

function noteValue(kept: Kept, value: Value, element: Steps, use: Use): void {
  const among = (selector: Selector) => note(kept, selector, element, use);
  if (value.take === 'selector') among(value.selector);
  if (value.take === 'template') for (const part of value.parts) if (typeof part !== 'string') among(part);
  if (value.take === 'map') noteValue(kept, value.of, element, use);
  if (value.take !== 'each') return;
  const inner = elements(value.each, element);
  for (const field of Object.values(value.fields)) noteValue(kept, field, inner, use);
}

function note(kept: Kept, { from, steps }: Selector, element: Steps, use: Use): void {
  let at = kept;
  for (const step of [...(from === '@' ? element : []), ...steps]) {
    const next = at.parts.get(step) ?? newKept();
    at.parts.set(step, next);
    at = next;
  }
  at.read = true;
  at.comment ||= use === 'comment';
  at.score ||= use === 'score';
}

/** What is left of a value that is at several places of the rules at once: `[0]` and `[*]` are both the first. */
function left(value: unknown, found: readonly Kept[]): unknown {
  const among = (places: readonly Kept[], step: Steps[number]) => places.flatMap(({ parts }) => parts.get(step) ?? []);
  // What is no list is its only element.
  const at = Array.isArray(value) ? found : [...found, ...among(found, EVERY)];
  if (at.some(({ comment }) => comment)) {
    const isKept = at.some(({ score }) => score) && isScore(value);
    return value === undefined || value === null || isKept ? value : '';
  }
  const isRead = at.some(({ read }) => read);
  if (Array.isArray(value)) {
    // The elements keep their places, since some are read by number.
    return value.map((one, index) => {
      const inner = [...among(at, EVERY), ...among(at, index)];
      return left(one, isRead ? [...inner, PLAIN] : inner) ?? null;
    });
  }
  if (typeof value !== 'object' || value === null) return isRead ? value : undefined;
  const entries = Object.entries(value).flatMap(([key, one]) => {
    const inner = among(at, key);
    return inner.length === 0 ? [] : [[key, left(one, inner)] as const];
  });
  return Object.fromEntries(entries);
}

/** A number as scales have them, whether it is sent as one or as text. */
function isScore(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,2}(?:\.\d{1,4})?$/.test(value));
}

/** A list whose elements are values themselves. */
const PLAIN: Kept = { ...newKept(), read: true };
