import { stepped } from '../items.ts';
import type { Items, Metric, Options } from '../metric.ts';
import { ownershipDimensions, rolloutFeeds, SKEW_SECONDS, signedSeconds } from './populations.ts';

/** Change lead time (metrics.md §3.2). */
export const changeLeadTime: Metric = {
  id: 'dora.change_lead_time',
  title: 'Change lead time',
  question: 'How long does a change take from its first commit to production?',
  description:
    'For every change and every service it touches: from the earliest of its first commit and the opening of its pull request to the end of the first successful rollout that contains it. The median leads; the 75th and 90th percentile stand beside it. There is no mean, because the durations are strongly skewed.',
  caveats: [
    'Changes that share a rollout are correlated, so the interval of the median is optimistic.',
    'Changes that are merged and wait are not in the median; they are counted beside it with their age.',
  ],
  unit: 'hours',
  direction: 'lower',
  atom: 'changes',
  feeds: rolloutFeeds,
  dimensions: [...ownershipDimensions, 'environment_group', 'repository'],
  options: {
    unit: {
      type: 'choice',
      values: ['change', 'commit'],
      default: 'change',
      text: 'Measure changes, or each commit of them as Four Keys does: large pull requests then weigh more.',
    },
    start: {
      type: 'choice',
      values: ['first_commit', 'merged'],
      default: 'first_commit',
      text: 'Start at the first commit or the opening, or at the merge as GitLab does: the pipeline alone, without review.',
    },
    end: {
      type: 'choice',
      values: ['first', 'lasting'],
      default: 'first',
      text: 'End at the first rollout that contains the change, or at the first that was never rolled back.',
    },
    dedupe_changes: {
      type: 'choice',
      values: ['service', 'last_service'],
      default: 'service',
      text: 'Count a change once per service, or once per row with the end of the last service it reached.',
    },
    include_reverts: { type: 'flag', default: false, text: 'Count changes that revert others too.' },
    include_bots: { type: 'flag', default: false, text: 'Count changes that bots authored too.' },
  },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'quantiles' },
  items,
  beside: (options) => [{ type: 'undeployed', reason: lifted(options, 'excluded') }],
  fields: ({ beside }) => ({
    undeployed_n: beside.undeployed_n ?? 0,
    undeployed_age_p50_hours: beside.undeployed_age_p50_hours ?? null,
  }),
  band: 'lead_time',
  examples: [
    {
      id: 'EX-CLT-1',
      text: 'Five changes go live together after 2, 3, 5, 26 and 30 hours: median 5 h, 75th percentile 26 h, 90th 28.4 h. With five values the median has no interval.',
    },
    {
      id: 'EX-CLT-2',
      text: 'A squash merge counts from its first commit (08:00, live 12:00: 4 h), not from the squash commit. With start=merged it is 1 h.',
    },
    {
      id: 'EX-CLT-3',
      text: 'A force push on Wednesday does not reset the clock of a pull request opened on Monday 09:00: live Wednesday 12:00 is 51 h.',
    },
    {
      id: 'EX-CLT-4',
      text: 'A commit picked to a release branch and live there on Tuesday is not counted again when main goes live on Thursday: one row, 24 h.',
    },
    {
      id: 'EX-CLT-5',
      text: 'One change of a monorepo reaches service A after 1 h and B after 5 h: two rows, team median 3 h. With dedupe_changes=last_service it is one row of 5 h.',
    },
    {
      id: 'EX-CLT-6',
      text: 'A change whose first rollout failed ends with the second one. A change rolled back and delivered again ends with the first delivery; with end=lasting with the last.',
    },
  ],
};

function items(options: Options): Items {
  const end = options.end === 'lasting' ? 'lasting_at' : 'finished_at';
  const byCommit = options.unit === 'commit';
  const start = options.start === 'merged' ? 'merged_at' : byCommit ? 'authored_at' : 'started_at';
  const own = lifted(options, 'excluded');
  const judged = byCommit ? `if(own_reason != '', own_reason, ${lifted(options, 'commit_reason')})` : 'own_reason';
  const steps = [
    { own_reason: own, duration: signedSeconds(start, end) },
    { judged_reason: judged },
    {
      reason: `if(judged_reason = '' AND duration < -${SKEW_SECONDS}, 'negative_duration', judged_reason)`,
    },
  ];
  const known = {
    // What is left out lies where it went live, or where it was merged if it never did.
    at: `if(reason = '', ${end}, ifNull(${end}, merged_at))`,
    reason: 'reason',
    clock: { start, end },
  };
  const last = options.dedupe_changes === 'last_service';
  if (!byCommit && !last) return { ...known, steps };
  return {
    ...known,
    ...(last ? {} : { steps }),
    ...(byCommit ? { part: 'commit_sha' } : {}),
    from: (tables, scope) => {
      const changes = `(SELECT * FROM ${tables.changes} WHERE ${scope.filters})`;
      const rows = byCommit ? `(${commitRows(changes)})` : changes;
      if (!last) return rows;
      // What is left out stands for itself: it neither hides nor is hidden by another service's.
      const once = [...(byCommit ? ['commit_sha'] : []), "if(reason = '', '', atom_id)", ...scope.groups];
      return `(SELECT * FROM ${stepped(rows, steps)} WHERE isNotNull(${end}) OR reason != '' ORDER BY ${end} DESC, atom_id DESC LIMIT 1 BY ${['change_id', ...once].join(', ')})`;
    },
  };
}

function commitRows(changes: string): string {
  return `SELECT *, commit_sha, authored_at, commit_reason FROM ${changes}
    ARRAY JOIN commits AS commit_sha, commit_authored_ats AS authored_at, commit_excluded AS commit_reason`;
}

/** Reason with what the options let in; a clock that runs backwards is judged by the clock that is asked for. */
function lifted(options: Options, reason: string): string {
  const bot = options.include_bots ? "''" : "if(is_bot, 'bot', '')";
  const cases = [`${reason} = 'negative_duration', ''`];
  if (options.include_reverts) cases.push(`${reason} = 'revert', ${bot}`);
  if (options.include_bots) cases.push(`${reason} = 'bot', ''`);
  return `multiIf(${cases.join(', ')}, ${reason})`;
}
