import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { type Commit, name } from '../vocabulary/commit.ts';
import { authoredAt, branchPushed, messageFacts } from './pushed.ts';
import { fact, facts, ignored, listOf, optionalFlag, optionalText, readBody, rejected } from './shape.ts';
import { hubSignatureMatches, tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

/** Bytes as the hook writes them: a name or a log may hold any, and JSON may not. */
const hexText = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/, 'is not a text in hexadecimal')
  .transform((hex) => Buffer.from(hex, 'hex').toString('utf8'));
const hexName = hexText.pipe(name);
const objectName = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, 'is not an object name');

const ref = z.object({
  ref_hex: hexName,
  before: objectName,
  after: objectName,
  forced: optionalFlag,
  log_hex: hexText.optional(),
  commit: optionalText(64),
});
const payload = z.object({
  format: z.literal('headway-git-1'),
  repository_hex: hexName,
  default_branch_hex: hexText.optional(),
  pushed_at: instant,
  refs: listOf(ref, 10_000),
});

type Ref = z.output<typeof ref>;
type Push = z.output<typeof payload>;

/** Bare Git repositories, through the hook that comes with Headway. */
export const git: Source = {
  name: 'git',
  title: 'Git (post-receive hook)',
  normaliser: 1,
  events: [
    { event: 'a branch that moved', feeds: 'branch positions, first commits, direct changes' },
    { event: 'a tag that was made', feeds: 'releases; rollouts where the workspace says so' },
  ],
  signature: 'HMAC-SHA256 of the raw body in `X-Headway-Signature: sha256=…`; or the secret in `X-Headway-Token`.',
  dedupe: 'What moved from where to where: a message that is sent again adds nothing.',
  setup: `1. Copy \`workspace/git-hooks/post-receive\` to \`hooks/post-receive\` of the bare repository and make it executable. Where a
   hook is already there, call this one from it with the same standard input.
2. In the repository: \`git config headway.url {url}\`, \`git config headway.secret …\` with the value of
   \`HEADWAY_SECRET_GIT\`, and \`git config headway.repository acme/api\` unless the folder's name will do. The configuration
   then holds a secret: it should be readable by Git's account alone.
3. Push. The hook answers with one line, \`headway: told of …\`. It needs \`curl\`, never lets a push fail, and keeps what it
   could not deliver for the next push.
4. Every commit on the default branch that no pull request brought is a change of its own. \`fixes: <incident>\` on a line of
   its own in a commit message says what it repairs.
5. A new tag is a release. It deploys only where the workspace says so.`,
  verify({ headers, body }, secrets) {
    const signature = headers['x-headway-signature'];
    if (signature !== undefined && signature !== '') return hubSignatureMatches(signature, body, secrets);
    return tokenMatches(headers, secrets);
  },
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const told: Fact[] = [];
  for (const moved of body.value.refs) {
    const read = moved.ref_hex.startsWith(BRANCH) ? branchFact(body.value, moved) : tagFact(body.value, moved);
    if (read === 'unreadable') return rejected('refs.log_hex: is not a log of commits as the hook writes it');
    if (read !== null) told.push(read);
  }
  return told.length > 0 ? facts(...told) : ignored('neither a branch moved nor was a tag made');
}

const BRANCH = 'refs/heads/';
const TAG = 'refs/tags/';
const NOTHING = /^0+$/;

function branchFact(push: Push, moved: Ref): Fact | null | 'unreadable' {
  const branch = moved.ref_hex.slice(BRANCH.length);
  if (branch === '') return null;
  const commits = commitsOf(moved.log_hex ?? '', push.pushed_at);
  if (commits === null) return 'unreadable';
  return branchPushed(push.pushed_at, {
    repository: push.repository_hex,
    branch,
    default_branch: push.default_branch_hex?.trim().slice(0, 512) || undefined,
    before: moved.before,
    after: moved.after,
    forced: moved.forced,
    deleted: NOTHING.test(moved.after) ? true : undefined,
    commits,
  });
}

/** A tag of a commit that was made, or made again elsewhere; one that went away was a release all the same. */
function tagFact(push: Push, moved: Ref): Fact | null {
  const tag = moved.ref_hex.slice(TAG.length);
  if (!moved.ref_hex.startsWith(TAG) || tag === '' || moved.commit === undefined) return null;
  return fact('release.published', push.pushed_at, [push.repository_hex, tag, moved.after], {
    repository: push.repository_hex,
    tag,
    revision: moved.commit.toLowerCase(),
  });
}

const FIELDS = 7;
const START = /^commit (?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The log as the hook asks Git for it: per commit `commit <sha>`, parents, author's and committer's seconds, author's name and
 * address and the message, each ended by NUL; then an empty field, and the paths, the first after a line break. Null if it
 * is anything else.
 */
function commitsOf(log: string, pushedAt: string): Commit[] | null {
  if (log === '') return [];
  const fields = log.split('\u0000');
  const commits: Commit[] = [];
  let at = 0;
  while (at < fields.length) {
    const [start = '', parents = '', authored = '', committed = '', author = '', address = '', message = ''] =
      fields.slice(at, at + FIELDS);
    if (!START.test(start) || fields.length < at + FIELDS) return null;
    at += FIELDS;
    const paths: string[] = [];
    for (; at < fields.length && !START.test(fields[at] ?? ''); at++) {
      const path = (fields[at] ?? '').replace(/^\n/, '');
      if (path !== '') paths.push(path.slice(0, 1024));
    }
    commits.push({
      sha: start.slice('commit '.length),
      authored_at: authoredAt(Number(authored), pushedAt),
      committed_at: authoredAt(Number(committed), pushedAt),
      author: author.trim().slice(0, 512) || undefined,
      author_kind: isBot(author, address) ? 'bot' : 'human',
      parents: parents.split(' ').filter(Boolean).slice(0, 64),
      paths: paths.slice(0, 20_000),
      ...messageFacts(message),
    });
  }
  return commits;
}

/** Bots that push as a forge's app keep its mark in their name or address. */
function isBot(author: string, address: string): boolean {
  return /\[bot\]\s*$/i.test(author) || /\[bot\]@/i.test(address);
}
