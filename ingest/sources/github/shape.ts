import { z } from 'zod';
import { name } from '../../vocabulary/commit.ts';
import { optionalText } from '../shape.ts';

/** The repository as every GitHub payload carries it. */
export const repository = z.object({
  full_name: name,
  default_branch: optionalText(),
});

/** An account. `type` is GitHub's own word on bots. */
export const account = z.object({ login: name, type: optionalText() }).nullish();

export type Account = z.output<typeof account>;

/** Whether GitHub marks the account as a bot, or its login says so. Undefined if there is no account. */
export function accountKind(user: Account): 'human' | 'bot' | undefined {
  if (!user) return undefined;
  return user.type?.toLowerCase() === 'bot' || isBotLogin(user.login) ? 'bot' : 'human';
}

/** GitHub Apps act as `name[bot]`. */
export function isBotLogin(login: string): boolean {
  return /\[bot\]$/i.test(login);
}
