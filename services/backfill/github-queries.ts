/** The questions that GitHub's GraphQL answers in one request, where REST would need one or more for each item. */

const COMMIT =
  'oid message authoredDate committedDate author { name user { login } } parents(first: 20) { nodes { oid } }';
const REVIEW = 'fullDatabaseId state submittedAt author { __typename login }';
const parts = {
  commits: `nodes { commit { ${COMMIT} } }`,
  files: 'nodes { path }',
  reviews: `nodes { ${REVIEW} }`,
} as const;

export type PullPart = keyof typeof parts;

/** The commits of the default branch, newest first, each with the pull requests that it came by. */
export const HISTORY = `query history($owner: String!, $name: String!, $since: GitTimestamp!, $until: GitTimestamp!, $cursor: String) {
  repository(owner: $owner, name: $name) { defaultBranchRef { target { ... on Commit {
    history(first: 100, since: $since, until: $until, after: $cursor) {
      totalCount
      nodes { ${COMMIT} associatedPullRequests(first: 10) { nodes { merged baseRepository { nameWithOwner } } } }
      pageInfo { hasNextPage endCursor }
    }
  } } } }
}`;

/** The first hundred commits, files and reviews of some pull requests, as `p<number>`. */
export function pullsQuery(numbers: readonly number[]): string {
  const all = Object.entries(parts).map(([part, fields]) => `${part}(first: 100) { totalCount ${fields} }`);
  const aliased = numbers.map((number) => `p${number}: pullRequest(number: ${number}) { ${all.join(' ')} }`);
  return `query pulls($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${aliased.join(' ')} } }`;
}

/** All commits, files or reviews of one pull request, a hundred at a time. */
export function pullPartQuery(part: PullPart): string {
  return `query pull($owner: String!, $name: String!, $number: Int!, $cursor: String) {
    repository(owner: $owner, name: $name) { pullRequest(number: $number) {
      ${part}(first: 100, after: $cursor) { ${parts[part]} pageInfo { hasNextPage endCursor } }
    } }
  }`;
}

export interface CommitNode {
  readonly oid: string;
  readonly message: string;
  readonly authoredDate: string;
  readonly committedDate: string;
  readonly author: { readonly name: string | null; readonly user: { readonly login: string } | null } | null;
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] };
}

export interface HistoryNode extends CommitNode {
  readonly associatedPullRequests: {
    readonly nodes: readonly {
      readonly merged: boolean;
      readonly baseRepository: { readonly nameWithOwner: string } | null;
    }[];
  };
}

export interface ReviewNode {
  readonly fullDatabaseId: string;
  readonly state: string;
  readonly submittedAt: string | null;
  readonly author: { readonly __typename: string; readonly login: string } | null;
}

export interface PartNodes {
  readonly commits: { readonly commit: CommitNode };
  readonly files: { readonly path: string };
  readonly reviews: ReviewNode;
}

export type PullNode = {
  readonly [P in PullPart]: { readonly totalCount: number; readonly nodes: readonly PartNodes[P][] } | null;
};

/** A commit as the source's history reads it. */
export function commitRecord(node: CommitNode) {
  return {
    sha: node.oid,
    message: node.message,
    authored_at: node.authoredDate,
    committed_at: node.committedDate,
    author: node.author?.name ?? null,
    login: node.author?.user?.login ?? null,
    parents: node.parents.nodes.map(({ oid }) => oid),
  };
}

/** A review in the words of REST and webhooks, which call an App's account `name[bot]`. */
export function reviewRecord(node: ReviewNode) {
  const { author } = node;
  const user = author && {
    login: author.__typename === 'Bot' && !author.login.endsWith('[bot]') ? `${author.login}[bot]` : author.login,
    type: author.__typename,
  };
  return { id: node.fullDatabaseId, state: node.state, submitted_at: node.submittedAt, user };
}
