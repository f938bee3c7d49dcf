import type { GithubClient } from './github-client.ts';
import type { RepositoryName } from './github-pages.ts';
import {
  commitRecord,
  type PartNodes,
  type PullNode,
  type PullPart,
  pullPartQuery,
  pullsQuery,
  reviewRecord,
} from './github-queries.ts';
import type { HistoryRecord } from './run.ts';

/** A pull request of the REST list, as far as reading looks at it; all of it is sent. */
export interface RestPull {
  readonly number: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** So many are asked for at once: GitHub counts what a question could answer, and this many cost one point. */
const AT_ONCE = 20;

/**
 * Pull requests with their commits, paths and reviews. They themselves are REST's, whose fields are those of the webhooks;
 * what belongs to them is asked of GraphQL, many in one request.
 */
export async function pullRecords(
  client: GithubClient,
  name: RepositoryName,
  pulls: readonly RestPull[],
): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = [];
  for (let at = 0; at < pulls.length; at += AT_ONCE) {
    const some = pulls.slice(at, at + AT_ONCE);
    const query = pullsQuery(some.map(({ number }) => number));
    const variables = { owner: name.owner, name: name.repo };
    const { repository } = await client.graphql<{ repository: Readonly<Record<string, PullNode>> }>(query, variables);
    for (const pull of some) {
      const node = repository[`p${pull.number}`];
      const part = <P extends PullPart>(of: P) => wholePart(client, name, pull.number, of, node);
      const commits = (await part('commits')).map(({ commit }) => commitRecord(commit));
      const paths = (await part('files')).map(({ path }) => path);
      const reviews = (await part('reviews')).filter(({ submittedAt }) => submittedAt !== null).map(reviewRecord);
      records.push({ kind: 'pull', pull, commits, paths, reviews });
    }
  }
  return records;
}

/** All of a part: what the first answer had, if that was all, else page by page. */
async function wholePart<P extends PullPart>(
  client: GithubClient,
  { owner, repo }: RepositoryName,
  number: number,
  part: P,
  node: PullNode | undefined,
): Promise<readonly PartNodes[P][]> {
  const first = node?.[part];
  if (!first || first.totalCount <= first.nodes.length) return first?.nodes ?? [];
  type Answer = { repository: { pullRequest: { [Q in P]: { nodes: PartNodes[P][] } } } };
  const whole = await client.graphql.paginate<Answer>(pullPartQuery(part), { owner, name: repo, number });
  return whole.repository.pullRequest[part].nodes;
}
