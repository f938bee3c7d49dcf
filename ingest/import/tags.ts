/** A tag that is taken as a rollout. */
export interface ReleaseTag {
  readonly name: string;
  /** The commit it stands on. */
  readonly sha: string;
  /** When it was made: the tagger's date, for a lightweight tag its commit's. Seconds since 1970. */
  readonly atSeconds: number;
}

/** Matches the names of tags that are releases: `v1.2.3`, `1.2`, `2024.11.0`; no pre-release (`v2.0.0-rc.1`). */
const RELEASES = /^v?\d+(\.\d+)*(\+[\w.-]+)?$/;

/**
 * Which tags to take: null for releases as {@link RELEASES} has them, else a pattern in which `*` stands for any text and
 * `?` for one character, as in `release-*`.
 */
export function tagFilter(pattern: string | null): (name: string) => boolean {
  if (pattern === null) return (name) => RELEASES.test(name);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

/** Order of rollouts: by date, then by name, as the atoms order them. */
export function inReleaseOrder(tags: readonly ReleaseTag[]): ReleaseTag[] {
  return [...tags].sort((a, b) => a.atSeconds - b.atSeconds || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** `owner/name` from the address of a remote (https, ssh, scp-like, file), or null. Group paths of GitLab are kept whole. */
export function repositoryOfRemote(address: string): string | null {
  const trimmed = address
    .trim()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const scp = /^(?:[^@/]+@)?[^:/]+:(?!\/\/)(.+)$/.exec(trimmed);
  const url = /^[a-z+]+:\/\/[^/]+\/(.+)$/i.exec(trimmed);
  const path = (url?.[1] ?? scp?.[1] ?? '').replace(/^\/+/, '');
  return /^[^/\s]+(\/[^/\s]+)+$/.test(path) ? path : null;
}
