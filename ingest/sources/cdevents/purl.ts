import { commitOf, repositoryOf } from '../repository.ts';

/** What a package URL tells of what runs: the artifact's digest, and the commit that it was built from. */
export interface Artifact {
  readonly digest: string | undefined;
  readonly revision: string | undefined;
  readonly repository: string | undefined;
}

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/i;
const FORGES = /^pkg:\/{0,2}(?:github|bitbucket|gitlab)\/([^@?#]{1,500})$/i;

/**
 * Reads `pkg:type/namespace/name@version?vcs_url=git+https://host/owner/name@commit&checksum=…#subpath`. A version that is
 * a digest names the artifact, one that is a commit (as of `pkg:github/…`) the revision; any other version is a label that
 * may move, and tells neither. Not a package URL: nothing.
 */
export function artifactOf(purl: string | undefined): Artifact {
  const [before = '', query = ''] = (purl ?? '').split('#', 1)[0]?.split('?', 2) ?? [];
  if (!/^pkg:/i.test(before)) return { digest: digestOf(purl), revision: undefined, repository: undefined };
  const at = before.lastIndexOf('@');
  const path = at < 0 ? before : before.slice(0, at);
  const version = decoded(at < 0 ? '' : before.slice(at + 1));
  // A package URL is no form: a plus is a plus, as in `git+https`.
  const qualifiers = new URLSearchParams(query.replaceAll('+', '%2B'));
  const vcs = (qualifiers.get('vcs_url') ?? '').replace(/^git\+/i, '');
  const [, remote = vcs, built] = /^(.+)@([0-9a-f]{40}|[0-9a-f]{64})$/i.exec(vcs) ?? [];
  return {
    digest: digestOf(version) ?? digestOf(qualifiers.get('checksum')?.split(',')[0]),
    revision: commitOf(built) ?? commitOf(version),
    repository: repositoryOf(remote) ?? FORGES.exec(decoded(path))?.[1],
  };
}

function digestOf(text: string | undefined): string | undefined {
  return text !== undefined && DIGEST.test(text) ? text.toLowerCase() : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
