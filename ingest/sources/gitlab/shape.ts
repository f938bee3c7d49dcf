import { z } from 'zod';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { causedBy } from '../mentions.ts';
import { listOf, optionalText } from '../shape.ts';

/**
 * A time in whole seconds. Most of GitLab's hooks say no more, some and its API say milliseconds: cut alike, so that all
 * of them name the same instant of the same fact.
 */
export const moment = instant.transform(wholeSecond);

/** A {@link moment} that may be left out or null. */
export const optionalMoment = moment.nullish().transform((value) => value ?? undefined);

/** The project as GitLab's hooks carry it. `web_url` is where people see it. */
export const project = z.object({
  path_with_namespace: name,
  default_branch: optionalText(),
  web_url: optionalText(2048),
  visibility_level: z.number().nullish(),
  ci_config_path: optionalText(),
});

export type Project = z.output<typeof project>;

/** Whoever acted. */
export const user = z.object({ id: z.int().nullish(), username: optionalText() }).nullish();

/** Labels by name, trimmed; undefined if the sender left them out. */
export const labels = listOf(z.object({ title: z.string().max(256) }), 200)
  .nullish()
  .transform((list) => list?.map((label) => label.title.trim()));

/** Cuts the milliseconds off a UTC ISO instant. */
export function wholeSecond(at: string): string {
  return `${at.slice(0, 19)}.000Z`;
}

/**
 * Whether GitLab itself names its account a bot: the users of project and group access tokens, service accounts, and its
 * own. GitLab's hooks have no mark for it. Undefined if there is no name.
 */
export function accountKind(username: string | undefined): 'human' | 'bot' | undefined {
  if (username === undefined) return undefined;
  return /^(?:(?:project|group)_\d+_bot|service_account_|(?:gitlab-)?(?:security|alert|support|automation|duo|dependency)-?bot$)|\[bot\]$/i.test(
    username,
  )
    ? 'bot'
    : 'human';
}

/** `group/project!12`, as people of GitLab write it. */
export function changeId(path: string, iid: number): string {
  return `${path}!${iid}`;
}

/** `group/project#12`, as people of GitLab write it. */
export function incidentId(path: string, iid: number): string {
  return `${path}#${iid}`;
}

/** `group/project/pipelines/31`: the number alone could be another installation's, or another sender's. */
export function runId(path: string, pipeline: string): string {
  return `${path}/pipelines/${pipeline}`;
}

/**
 * What GitLab's texts name after `caused-by:`. A merge request's short form (`!12`, `project!12`, `group/project!12`)
 * becomes its address, which says the same everywhere; `#12` is an issue here, so it names no change and is left out.
 */
export function causeIn(
  of: { readonly path: string; readonly url?: string | undefined },
  ...texts: readonly (string | null | undefined)[]
): string | undefined {
  const written = causedBy(...texts);
  if (written === undefined || /^[^#\s]*#\d+\+?s?$/.test(written)) return undefined;
  const [, where = '', iid] = /^([\w.-]+(?:\/[\w.-]+)*)?!(\d{1,10})\+?s?$/.exec(written) ?? [];
  if (iid === undefined) return written;
  const path = where === '' ? of.path : where.includes('/') ? where : of.path.replace(/[^/]+$/, where);
  // Whatever comes before the path: the host, and the folder of an installation that lives in one.
  const root = of.url?.endsWith(`/${of.path}`) ? of.url.slice(0, -of.path.length - 1) : undefined;
  return root === undefined ? changeId(path, Number(iid)) : `${root}/${path}/-/merge_requests/${iid}`;
}
