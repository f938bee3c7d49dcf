import type { GithubClient } from './github-client.ts';
import type { Span } from './run.ts';

/** A repository, by the two parts of its name. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

/** How many days of a span have been read, from its end back to an instant. */
export function daysBack(span: Span, at: string): { done: number; total: number } {
  const days = (from: string, to: string) => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000));
  const total = days(span.since, span.until);
  return { done: Math.min(total, days(at, span.until)), total };
}

/** An instant as GitHub takes it, without milliseconds. */
export function seconds(instant: string): string {
  return `${instant.slice(0, 19)}Z`;
}

/** Pages of a REST list from page `from` on, until one is short or `last` says that the rest is of no use. */
export async function* pagesOf<T>(
  client: GithubClient,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  from: number,
): AsyncGenerator<{ items: readonly T[]; page: number }> {
  let page = from;
  const pages = client.paginate.iterator(route, { ...parameters, per_page: 100, page: from });
  for await (const { data } of pages) yield { items: data as T[], page: page++ };
}
