import type { SeenRollout } from './checkpoint.ts';
import type { HistoryRecord } from './run.ts';

/** What a rollout delivered, as the sources' histories read it. */
export function contentsRecord(rollout: SeenRollout, commits: readonly string[]): HistoryRecord {
  const { rollout_id, attempt_no, service_id, environment, revision, created_at } = rollout;
  return {
    kind: 'contents',
    created_at,
    contents: { rollout_id, attempt_no, service_id, environment, revision, commits },
  };
}
