import type { GithubClient } from './github-client.ts';

/** A repository, by the two parts of its name. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
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
