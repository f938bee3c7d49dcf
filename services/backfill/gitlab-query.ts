import type { Span } from './run.ts';

/** The query of a list, a hundred to a page. */
export const query = (parameters: Readonly<Record<string, string>>) =>
  new URLSearchParams({ per_page: '100', ...parameters }).toString();

/** Whether an instant of the API lies in the span. */
export const isWithin = (at: string | null | undefined, { since, until }: Span) =>
  typeof at === 'string' && Date.parse(at) >= Date.parse(since) && Date.parse(at) < Date.parse(until);
