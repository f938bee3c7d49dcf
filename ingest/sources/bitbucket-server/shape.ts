import { z } from 'zod';
import { name } from '../../vocabulary/commit.ts';
import { optionalText } from '../shape.ts';

/** The repository as every payload carries it; `PROJECT/slug` is how links and people write it. */
export const repository = z
  .object({ slug: name.max(256), project: z.object({ key: name.max(250) }) })
  .transform(({ slug, project }) => `${project.key}/${slug}`);

/** An account; `name` is the login. A `SERVICE` account is a bot by Bitbucket's own word. */
export const account = z.object({ name: optionalText(), type: optionalText() }).nullish();

/** Undefined if there is no account. */
export function accountKind(user: z.output<typeof account>): 'human' | 'bot' | undefined {
  if (!user) return undefined;
  return user.type?.toUpperCase() === 'SERVICE' ? 'bot' : 'human';
}
