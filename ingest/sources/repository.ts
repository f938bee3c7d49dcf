/** `owner/name` of `https://host/owner/name.git`, `git@host:owner/name` or `ssh://git@host:22/owner/name`; else undefined. */
export function repositoryOf(url: string | undefined): string | undefined {
  const found = /^(?:[a-z][a-z+]*:\/\/[^/\s]+\/|[\w.-]+@[\w.-]+:)(\S+?)(?:\.git)?\/*$/i.exec(
    url?.slice(0, 2048).split(/[?#]/, 1)[0] ?? '',
  );
  return found?.[1]?.replace(/^\/+/, '').slice(0, 512) || undefined;
}

/** A repository as a person or a tool writes it: its URL in any form, or already its name. Blank: undefined. */
export function repositoryNamed(text: string | undefined): string | undefined {
  const value = text?.trim() ?? '';
  if (value === '') return undefined;
  return (
    repositoryOf(value) ?? (/^[^\s:]{1,512}$/.test(value) ? value.replace(/^\/+|\/+$/g, '') || undefined : undefined)
  );
}

/** A full Git object name (40 or 64 hex digits) in lower case; anything else is a version or a branch: undefined. */
export function commitOf(text: string | undefined): string | undefined {
  const value = text?.trim() ?? '';
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value) ? value.toLowerCase() : undefined;
}
