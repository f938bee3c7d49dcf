import { z } from 'zod';
import { parseInstant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { facts, ignored, optionalText, readAs, rejected } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { finished, jobOf, outcomeOf, placeOf, queued, started } from './run.ts';

const job = z.object({
  name,
  url: optionalText(2048),
  build: z.object({
    number: z.int().positive(),
    phase: name.max(32),
    status: optionalText(32),
    timestamp: z.number().nullish(),
    url: optionalText(2048),
    full_url: optionalText(2048),
    scm: z.object({ url: optionalText(2048), branch: optionalText(), commit: optionalText(64) }).nullish(),
  }),
});

/**
 * The Notification plugin. Its timestamp means another thing in every phase; COMPLETED and FINALIZED both end a build, and
 * only FINALIZED is sent to every kind of endpoint, so that it is the one that counts.
 */
export function readNotification(body: unknown): Normalized {
  const read = readAs(body, job);
  if (!read.ok) return read.normalized;
  const { build } = read.value;
  if (build.phase === 'COMPLETED') return ignored('FINALIZED follows, and tells the end: send all events');
  if (build.phase === 'NONE') return ignored('a note of a running build');
  const path = build.url ?? `${read.value.url ?? `job/${read.value.name}/`}${build.number}/`;
  const root = build.full_url?.endsWith(path) ? build.full_url.slice(0, -path.length) : undefined;
  const of = { run_id: placeOf(root, path), job: jobOf(path) ?? read.value.name, scm: build.scm };
  const at = parseInstant(build.timestamp);
  if (build.phase === 'QUEUED') {
    return at === null ? ignored('when it was queued is not known') : facts(queued(of, at));
  }
  if (at === null) return rejected('build.timestamp: is not a time');
  if (build.phase === 'STARTED') return facts(started(of, at));
  if (build.phase !== 'FINALIZED') return rejected(`build.phase: ${JSON.stringify(build.phase)} is not known`);
  const outcome = outcomeOf(build.status);
  return outcome === undefined ? rejected('build.status: is not a result') : facts(finished(of, at, outcome));
}
