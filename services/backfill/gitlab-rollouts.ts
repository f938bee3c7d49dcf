import { z } from 'zod';
import { successions } from '../../ingest/import/contents.ts';
import { endOf } from '../../ingest/sources/gitlab/history.ts';
import { moment, optionalMoment } from '../../ingest/sources/gitlab/shape.ts';
import { senderId } from '../../ingest/sources/shape.ts';
import type { SeenRollout } from './checkpoint.ts';
import { contentsRecord } from './contents-record.ts';
import { daysBack } from './days.ts';
import type { GitlabClient } from './gitlab-client.ts';
import { isWithin, query } from './gitlab-query.ts';
import type { HistoryRecord, Step } from './run.ts';

const deployment = z.object({
  id: senderId,
  status: z.string(),
  sha: z.string(),
  created_at: moment,
  updated_at: moment,
  environment: z.object({ name: z.string() }),
  deployable: z.object({ finished_at: optionalMoment }).nullish(),
});

/** Deployments; and of each environment the last success before the span, which the first one within is compared with. */
export function deploymentsStep(client: GitlabClient, at: string, path: string): Step {
  const seenOf = (found: unknown): SeenRollout | null => {
    const read = deployment.safeParse(found);
    if (!read.success) return null;
    const { id, status, sha, created_at, updated_at, environment, deployable } = read.data;
    return {
      rollout_id: `${path}/deployments/${id}`,
      environment: environment.name,
      revision: sha.toLowerCase(),
      created_at,
      finished_at: status === 'success' ? endOf({ updated_at, deployable }) : null,
      succeeded: status === 'success',
      listed: false,
    };
  };
  return {
    name: 'deployments',
    unit: 'days of deployments',
    async *read(span, from, known) {
      const environments = new Set(known.map(({ environment }) => environment));
      const first = `${at}/deployments?${query({ order_by: 'updated_at', sort: 'desc', updated_after: span.since })}`;
      for await (const { items, next } of client.pages<{ updated_at: string }>(from ?? first)) {
        const rollouts = items.flatMap((found) => seenOf(found) ?? []);
        for (const { environment } of rollouts) environments.add(environment);
        const records = items.map((found): HistoryRecord => ({ kind: 'deployment', deployment: found }));
        // Without a next page there is still what was live before: it is read again after a kill.
        yield { records, rollouts, next: next ?? from, ...daysBack(span, items.at(-1)?.updated_at ?? span.since) };
      }
      for (const environment of environments) {
        const before = query({
          environment,
          status: 'success',
          order_by: 'updated_at',
          sort: 'desc',
          updated_before: span.since,
          per_page: '1',
        });
        const [found] = (await client.get<object[]>(`${at}/deployments?${before}`)) ?? [];
        const seen = seenOf(found);
        if (found === undefined || seen === null) continue;
        yield {
          records: [{ kind: 'deployment', deployment: found }],
          rollouts: [seen],
          next: from,
          ...daysBack(span, span.since),
        };
      }
    },
  };
}

/** For each rollout the commits that its revision has and the one live before it has not, by comparing the two. */
export function contentsStep(client: GitlabClient, at: string): Step {
  return {
    name: 'contents',
    unit: 'deployments compared',
    async *read(span, from, rollouts) {
      const all = successions(rollouts).flatMap(({ before, rollout }) =>
        before !== null && isWithin(rollout.created_at, span) ? [{ before, rollout }] : [],
      );
      for (const [place, { before, rollout }] of all.entries()) {
        if (place < Number(from ?? 0)) continue;
        const range = new URLSearchParams({ from: before.revision, to: rollout.revision, straight: 'false' });
        const answer = await client.get<{ commits: { id: string }[] }>(`${at}/repository/compare?${range}`);
        const records =
          answer === null
            ? []
            : [
                contentsRecord(
                  rollout,
                  answer.commits.map(({ id }) => id),
                ),
              ];
        const next = String(place + 1);
        yield { records, next, done: place + 1, total: all.length, incomparable: answer === null ? 1 : 0 };
      }
    },
  };
}
