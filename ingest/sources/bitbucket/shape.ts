import { z } from 'zod';
import { name } from '../../vocabulary/commit.ts';
import { optionalText } from '../shape.ts';

/** The repository as every Bitbucket payload carries it. `mainbranch` is not always there. */
export const repository = z.object({
  full_name: name,
  mainbranch: z.object({ name: optionalText() }).nullish(),
});

/** An account. Bitbucket sends no usernames; `account_id` stays over renames, `nickname` does not. */
export const account = z
  .object({
    type: optionalText(),
    account_id: optionalText(),
    uuid: optionalText(),
    nickname: optionalText(),
    display_name: optionalText(),
  })
  .nullish();

type Account = z.output<typeof account>;

/** The account's lasting name, or undefined if there is no account. */
export function accountName(user: Account): string | undefined {
  return user?.account_id ?? user?.uuid ?? user?.nickname ?? user?.display_name;
}

/** Apps act as an `app_user`; everyone else is a person or a team. Undefined if there is no account. */
export function accountKind(user: Account): 'human' | 'bot' | undefined {
  if (!user) return undefined;
  return user.type?.toLowerCase() === 'app_user' ? 'bot' : 'human';
}
