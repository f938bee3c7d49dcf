import { z } from 'zod';
import { EARLIEST_INSTANT, parseInstant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { listOf, optionalFlag, optionalText } from '../shape.ts';

/** The repository as every payload carries it. */
export const repository = z.object({
  full_name: name,
  default_branch: optionalText(),
  private: optionalFlag,
  internal: optionalFlag,
});

export type Repository = z.output<typeof repository>;

/** An account. */
export const account = z.object({ login: optionalText() }).nullish();

export const labels = listOf(z.object({ name: z.string().max(256) }), 200).nullish();

/**
 * A time that may not have come yet: absent, null, or an instant of the first days of 1970, which is how an unset time of
 * Gitea's and Forgejo's database is written, in whatever zone. Anything else has to be a time.
 */
export const optionalMoment = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value, context) => {
    if (value === undefined || value === null || value === '' || /^(?:0001|19\d\d)-/.test(String(value)))
      return undefined;
    const time = parseInstant(value);
    if (time !== null) return Date.parse(time) >= EARLIEST_INSTANT ? time : undefined;
    context.addIssue({ code: 'custom', message: 'is not a timestamp with a zone, such as 2026-03-05T01:02:03Z' });
    return z.NEVER;
  });

/** Gitea marks no account as a bot; its own runner and names that say so are. Undefined if there is no account. */
export function loginKind(login: string | undefined): 'human' | 'bot' | undefined {
  if (login === undefined) return undefined;
  return /\[bot\]$|^(?:gitea|forgejo)-actions$/i.test(login) ? 'bot' : 'human';
}
