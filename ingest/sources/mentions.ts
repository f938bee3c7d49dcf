type Text = string | null | undefined;

// Bodies are the sender's, so bounded; every pattern below is linear in what it sees.
const READ_CHARACTERS = 200_000;
const TOKEN = '(?:`([^`\\r\\n]{1,512})`|"([^"\\r\\n]{1,512})"|(\\S{1,2048}))';
const CAUSED_BY = new RegExp(`(?:^|[^\\w-])caused-by:[ \\t]*${TOKEN}`, 'i');
const FIXES = new RegExp(`^[ \\t]*(?:[-*][ \\t]+)?fixes:[ \\t]*${TOKEN}[ \\t]*\\r?$`, 'im');
const NO_CAUSE = /^(?:none|unknown|n\/a|tbd|null|undefined|-+)$/i;

/**
 * What a person wrote after `caused-by:` in any of the texts: a rollout id, a revision, a PR URL, `#n` or `!n`. The first
 * mention counts; backticks or double quotes hold a value with spaces. An address is that of the PR itself, whichever
 * of its pages was copied; that of a commit is its revision.
 */
export function causedBy(...texts: readonly Text[]): string | undefined {
  for (const text of texts) {
    const found = CAUSED_BY.exec(text?.slice(0, READ_CHARACTERS) ?? '');
    const value = found && bare(found[1] ?? found[2] ?? found[3] ?? '');
    if (value && !NO_CAUSE.test(value)) return withoutView(value);
  }
  return undefined;
}

/**
 * The incident that a line `fixes: <incident id>` of its own names. A bare `fixes: #12` is the forge's word for closing
 * any issue and `fixes: 1a2b3c4` Git's for a faulty commit, so neither is taken; an issue is named `owner/name#12` or by its URL.
 */
export function fixesIncident(...texts: readonly Text[]): string | undefined {
  for (const text of texts) {
    const found = FIXES.exec(text?.slice(0, READ_CHARACTERS) ?? '');
    const value = found && bare(found[1] ?? found[2] ?? found[3] ?? '');
    if (!value || /^#\d+$/.test(value) || /^[0-9a-f]{7,64}$/i.test(value) || !/[0-9A-Z]/.test(value)) continue;
    const issue =
      /^https?:\/\/[^/\s]+\/([^\s]+?)\/(?:-\/)?(?:issues(?:\/incident)?|work_items)\/(\d+)(?:[?#].*)?$/.exec(value);
    return issue ? `${issue[1]}#${issue[2]}` : value;
  }
  return undefined;
}

/** The commit that Git's own `This reverts commit <sha>` names. */
export function revertedCommit(message: Text): string | undefined {
  return /\bThis reverts commit ([0-9a-f]{7,64})\b/i.exec(message?.slice(0, READ_CHARACTERS) ?? '')?.[1]?.toLowerCase();
}

/** The commit that Git's own `(cherry picked from commit <sha>)` names. */
export function cherryPickedCommit(message: Text): string | undefined {
  const found = /\(cherry picked from commit ([0-9a-f]{7,64})\)/i.exec(message?.slice(0, READ_CHARACTERS) ?? '');
  return found?.[1]?.toLowerCase();
}

/** What a PR reverts: the `Reverts owner/name#n` of a forge's button, or the commit; else the title it quotes. */
export function revertedChange(repository: string, title: Text, body: Text): string | undefined {
  const text = body?.slice(0, READ_CHARACTERS) ?? '';
  const named = revertedReference(repository, text) ?? revertedCommit(text);
  return named ?? (/^Revert "(.{1,500})"/.exec(title ?? '')?.[1] || undefined);
}

/** The PR that a forge's own button says is reverted: `Reverts owner/name#n`, `This reverts merge request group/project!n`. */
export function revertedReference(repository: string, text: Text): string | undefined {
  return referenceIn(/^(?:Reverts|This reverts merge request) /im, repository, text);
}

/** What a PR copies to another branch: `(cherry picked from commit …)`, or a line `Backport of #n` or `Cherry-pick of !n`. */
export function copiedChange(repository: string, body: Text): string | undefined {
  return referenceIn(/^(?:Backport|Cherry[- ]pick)(?: of)? /im, repository, body) ?? cherryPickedCommit(body);
}

/** The merge request that GitLab's own trailer `See merge request group/project!n` says a commit merges. */
export function mergedReference(repository: string, message: Text): string | undefined {
  const found = referenceIn(/^See merge request /im, repository, message);
  return found?.includes('!') ? found : undefined;
}

/** What a closed issue repeats: `Duplicate of owner/name#n`. */
export function duplicateOf(repository: string, body: Text): string | undefined {
  const found = referenceIn(/\bDuplicate of /i, repository, body);
  return found?.includes('#') ? found : undefined;
}

const REFERENCE = /(?<where>[\w.-]{1,100}(?:\/[\w.-]{1,100}){1,20})?(?<number>[#!]\d{1,10})\b/y;

/** The first `#n` or `!n`, bare or after its repository, that stands right after the lead; with its repository. */
function referenceIn(lead: RegExp, repository: string, text: Text): string | undefined {
  const read = text?.slice(0, READ_CHARACTERS) ?? '';
  for (const { 0: words, index } of read.matchAll(new RegExp(lead, `${lead.flags}g`))) {
    REFERENCE.lastIndex = index + words.length;
    const { where, number } = REFERENCE.exec(read)?.groups ?? {};
    if (number !== undefined) return `${where ?? repository}${number}`;
  }
  return undefined;
}

/** Without the punctuation and Markdown around a word; undefined if nothing is left that could be an id. */
function bare(token: string): string | undefined {
  const value = token
    .trim()
    .replace(/^[<([*_'"`]{1,8}/, '')
    .replace(/[.,;:!?)\]}>*_'"`]{1,8}$/, '');
  return /^(?:\w|[#!]\w)/.test(value) ? value : undefined;
}

/** `…/pull/12/files`, `…/merge_requests/12#note_3` and `…/commit/<sha>?w=1` name what `…/pull/12` and `<sha>` name. */
function withoutView(value: string): string {
  const sha = /^https?:\/\/\S+\/commits?\/([0-9a-f]{7,64})(?:[/?#].*)?$/i.exec(value)?.[1];
  if (sha !== undefined) return sha.toLowerCase();
  return /^https?:\/\/\S+?\/(?:pulls?|merge_requests|pull-requests)\/\d+(?=[/?#])/i.exec(value)?.[0] ?? value;
}
