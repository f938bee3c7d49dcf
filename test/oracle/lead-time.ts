import type { Delivered } from './containment.ts';
import { SKEW_MS } from './incidents.ts';
import { isBot, isMergeCommit } from './left-out.ts';
import { quantile } from './statistics.ts';
import {
  type Dimensions,
  dimensionsOf,
  durations,
  type Item,
  type Options,
  type OracleMetric,
  ROLLOUT_FEEDS,
  type RowContext,
  type Summary,
} from './summary.ts';
import type { World } from './world.ts';

/** metrics.md §3.2. */
export const leadTimeMetrics: Readonly<Record<string, OracleMetric>> = {
  'dora.change_lead_time': {
    unit: 'hours',
    options: {
      unit: 'change',
      start: 'first_commit',
      end: 'first',
      dedupe_changes: 'service',
      include_reverts: false,
      include_bots: false,
    },
    feeds: ROLLOUT_FEEDS,
    graceHours: 48,
    items: leadTimes,
    summarize: (row) => {
      const all = row.items as readonly LeadTime[];
      // One atom per change of the row's scope, live with the last of its services there (§3.2 `last_service`).
      const items = row.options.dedupe_changes === 'last_service' ? lastOfEach(all, row.inScope) : all;
      const summary = durations(row, items, 3_600_000);
      return { ...summary, ...undeployed(row) };
    },
  },
};

interface LeadTime extends Item {
  /** What `last_service` counts once. */
  readonly subject: string;
}

/** R24, the first reason that holds for the change; the duration's own reason comes last. */
function leftOut(atom: Delivered, options: Options): string {
  if (atom.isCopy) return 'cherry_pick';
  if (atom.isPromotion) return 'promotion';
  if (atom.isMerge) return 'merge_commit';
  if (atom.isUnowned) return 'unowned_path';
  if (atom.rollout?.first) return 'first_deployment';
  if (atom.isRevert && options.include_reverts !== true) return 'revert';
  if (atom.isBot && options.include_bots !== true) return 'bot';
  return '';
}

/** Where an atom's owner is looked up: when it went live, else when it was merged. */
function dimensionsAt(world: World, options: Options, atom: Delivered, live: boolean): Dimensions {
  const rollout = live ? atom.rollout : null;
  return dimensionsOf(world, options, atom.service, rollout?.finishedAt ?? atom.change.mergedAt, {
    repository: atom.change.repository,
    ...(rollout ? { environment_group: rollout.group } : {}),
  });
}

function leadTimes(world: World, options: Options): LeadTime[] {
  return world.delivered.flatMap((atom): LeadTime[] => {
    const { change } = atom;
    const end = (options.end === 'lasting' ? atom.lasting : atom.rollout)?.finishedAt ?? null;
    const reason = leftOut(atom, options);
    const dimensions = dimensionsAt(world, options, atom, true);
    const item = (subject: string, start: number, excluded: string): LeadTime => {
      const late = excluded === '' && end !== null && start - end > SKEW_MS ? 'negative_duration' : excluded;
      return {
        subject,
        atomId: `${subject} ${atom.service}`,
        // What is left out lies where it went live, or where it was merged if it never did.
        at: end ?? (late === '' ? null : change.mergedAt),
        dimensions,
        excluded: late,
        duration: end === null ? null : Math.max(0, end - start),
        since: start,
      };
    };
    if (options.unit !== 'commit')
      return [item(change.changeId, options.start === 'merged' ? change.mergedAt : change.startedAt, reason)];
    return change.commits.map((commit) => {
      const authored = Math.min(Date.parse(commit.authored_at), change.mergedAt);
      const own = isMergeCommit(commit)
        ? 'merge_commit'
        : (commit.revert_of ?? '') !== '' && options.include_reverts !== true
          ? 'revert'
          : isBot(commit.author ?? '', commit.author_kind ?? '', change.mergedAt, world.catalog) &&
              options.include_bots !== true
            ? 'bot'
            : '';
      return item(
        `${change.changeId} ${commit.sha}`,
        options.start === 'merged' ? change.mergedAt : authored,
        reason || own,
      );
    });
  });
}

function lastOfEach(items: readonly LeadTime[], inScope: (dimensions: Dimensions) => boolean): Item[] {
  const last = new Map<string, LeadTime>();
  const others: LeadTime[] = [];
  for (const item of items) {
    if (!inScope(item.dimensions)) continue;
    if (item.excluded !== '' || item.at === null) {
      others.push(item);
      continue;
    }
    const so = last.get(item.subject);
    if (!so || item.at > so.at!) last.set(item.subject, item);
  }
  return [...others, ...last.values()];
}

/** Changes merged and not yet live at the end of the bucket, by their owner when they were merged. */
function undeployed(row: RowContext): Pick<Summary, 'facts' | 'derived'> {
  const { world, options, bucket } = row;
  const at = Math.min(bucket.end, world.asOf);
  const ages = world.delivered
    .filter((atom) => {
      if (leftOut(atom, options) !== '' || atom.change.mergedAt >= at) return false;
      const end = atom.rollout?.finishedAt ?? null;
      if (end !== null && (end < at || atom.change.startedAt - end > SKEW_MS)) return false;
      return row.inScope(dimensionsAt(world, options, atom, false));
    })
    .map((atom) => (at - atom.change.mergedAt) / 3_600_000);
  return { facts: { undeployed_n: ages.length }, derived: { undeployed_age_p50_hours: quantile(ages, 0.5) } };
}
