import type { Finding } from '../dashboards/web/trust.ts';
import type { Store } from '../ingest/ports.ts';
import type { Source } from '../ingest/sources/source.ts';
import type { WithAtoms } from '../queries/atoms/tables.ts';
import { secretVariable } from './config.ts';
import { proposedRules } from './proposed-rules.ts';
import { yamlText } from './yaml-text.ts';

const SHOWN = 10;

/** Looks at what has arrived: what is connected or silent, what could not be placed, what was assumed, and what would settle it. */
export async function diagnose(
  store: Store,
  withAtoms: WithAtoms,
  now: string,
  sources: readonly Source[],
): Promise<Finding[]> {
  return withAtoms(null, ['rollouts', 'changes', 'service_spans', 'source_spans'], async (tables) => [
    ...(await sourceFindings(store, tables.source_spans, now, sources)),
    ...(await historyFindings(store)),
    ...(await rejectedFindings(store)),
    ...(await environmentFindings(store, tables.rollouts)),
    ...(await serviceFindings(store, tables.service_spans)),
    ...(await rolloutFindings(store, tables.rollouts, tables.changes)),
    ...(await incidentFindings(store, tables.incidents)),
    ...(await duplicateFindings(store, tables.rollouts)),
    ...(await proposedRules(store, tables)),
  ]);
}

async function sourceFindings(
  store: Store,
  spans: string,
  now: string,
  sources: readonly Source[],
): Promise<Finding[]> {
  const heard = await store.query<{ source: string; events: string; last: string; alive: number; counts: number }>(
    `SELECT source, toString(count()) AS events, max(occurred_at) AS last, any(alive_to) > parseDateTime64BestEffort({now:String}, 3, 'UTC') AS alive,
       countIf(type IN ('deployment.finished', 'service.rolledback', 'incident.detected', 'change.merged', 'branch.pushed')) > 0 AS counts
     FROM events LEFT JOIN (SELECT source, max(alive_to) AS alive_to FROM ${spans} WHERE service = '' GROUP BY source) AS life USING (source)
     WHERE source != 'workspace' GROUP BY source ORDER BY source`,
    { now },
  );
  const found = heard.map(({ source, events, last, alive, counts }): Finding => {
    const title = `${source}: ${events} events, the last of ${last.slice(0, 16).replace('T', ' ')}`;
    if (alive) return { level: 'ok', title, detail: 'It is heard.' };
    return {
      // What tells of no deployment, change or incident feeds none of the keys.
      level: counts ? 'attention' : 'assumed',
      title,
      detail: `It is silent: what it feeds shows "no data" instead of zeros. ${source === 'github' ? MISSED : ''}If it is merely quiet, allow it more days.`,
      settle: { file: 'platform.yaml', lines: `silence_days:\n  ${source}: 30` },
    };
  });
  const names = new Set(heard.map(({ source }) => source));
  const missing = sources.filter(({ name }) => !names.has(name));
  if (missing.length > 0)
    found.push({
      level: missing.length === sources.length ? 'attention' : 'ok',
      title: `Not connected: ${missing.map(({ title }) => title).join(', ')}`,
      detail: `Steps are at /docs; secrets go into ${missing.map(({ name }) => secretVariable(name)).join(', ')}.`,
    });
  return found;
}

const MISSED = 'What its hook missed of late: `headway doctor --repair <owner/name>`, see /docs#history. ';

/** Forges of which nothing is known from before they were connected, though their API may tell it. */
async function historyFindings(store: Store): Promise<Finding[]> {
  const rows = await store.query<{ source: string; first: string }>(
    `SELECT source, min(occurred_at) AS first FROM events
     WHERE source IN ('github', 'gitlab') AND type IN ('change.merged', 'deployment.finished')
     GROUP BY source HAVING dateDiff('day', min(occurred_at), min(recorded_at)) < 7 ORDER BY source`,
  );
  return rows.map(({ source, first }) => ({
    level: 'assumed',
    title: `${source}: nothing is known from before ${first.slice(0, 10)}`,
    detail: `Its API may still tell the past, and nothing of it counts twice: \`headway backfill ${source} <repository>\`, in steps at /docs#history.`,
  }));
}

async function rejectedFindings(store: Store): Promise<Finding[]> {
  const rows = await store.query<{ source: string; reason: string; deliveries: string }>(
    `SELECT data.source::String AS source, data.reason::String AS reason, toString(uniqExact(delivery_id)) AS deliveries
     FROM events WHERE type = 'delivery.rejected' GROUP BY source, reason ORDER BY uniqExact(delivery_id) DESC LIMIT ${SHOWN}`,
  );
  return rows.map(({ source, reason, deliveries }) => ({
    level: 'attention',
    title: `${deliveries} deliveries of ${source} could not be read`,
    detail: `${reason}. They are kept: /v1/rejected lists them, \`headway replay --unread\` reads them again after an upgrade.`,
  }));
}

async function environmentFindings(store: Store, rollouts: string): Promise<Finding[]> {
  const unmapped = await store.query<{ environment: string; rollouts: string }>(
    `SELECT environment, toString(count()) AS rollouts FROM ${rollouts} WHERE excluded = 'unmapped_environment'
     GROUP BY environment ORDER BY count() DESC LIMIT ${SHOWN}`,
  );
  const assumed = await store.query<{ environment: string; rollouts: string }>(
    `SELECT environment, toString(count()) AS rollouts FROM ${rollouts} WHERE production = 1
       AND lower(environment) NOT IN (SELECT lower(data.name::String) FROM events WHERE type = 'environment.defined')
     GROUP BY environment ORDER BY count() DESC LIMIT ${SHOWN}`,
  );
  const line = (name: string, production: boolean) =>
    `environments:\n  - name: ${yamlText(name)}\n    production: ${production}${production ? '\n    group: production' : ''}`;
  return [
    ...unmapped.map(
      ({ environment, rollouts: count }): Finding => ({
        level: 'attention',
        title: `${count} rollouts to ${environment || '(no environment)'} count nowhere`,
        detail: 'Nothing says whether it is production.',
        settle: { file: 'environments.yaml', lines: line(environment, false) },
      }),
    ),
    ...assumed.map(
      ({ environment, rollouts: count }): Finding => ({
        level: 'assumed',
        title: `${environment} is taken for production, by its name or its sender's word (${count} rollouts)`,
        detail: 'Environments of one group count as one target.',
        settle: { file: 'environments.yaml', lines: line(environment, true) },
      }),
    ),
  ];
}

async function serviceFindings(store: Store, spans: string): Promise<Finding[]> {
  const undefinedOnes = await store.query<{ service: string; of: string }>(
    `SELECT service, toString(count() OVER ()) AS of FROM ${spans} GROUP BY service HAVING max(defined) = 0
       AND lower(service) NOT IN (SELECT lower(repository) FROM ${spans} WHERE defined = 1) ORDER BY service LIMIT ${SHOWN}`,
  );
  const unowned = await store.query<{ service: string; of: string }>(
    `SELECT service, toString(count() OVER ()) AS of FROM ${spans} GROUP BY service
     HAVING max(defined) = 1 AND argMax(team_now, valid_to) = '(unassigned)' ORDER BY service LIMIT ${SHOWN}`,
  );
  const findings: Finding[] = [];
  const [first] = undefinedOnes;
  if (first)
    findings.push({
      level: 'assumed',
      title: `${first.of} services are only heard of: ${undefinedOnes.map(({ service }) => service).join(', ')}`,
      detail: 'Each repository or application stands for itself and belongs to no team.',
      settle: { file: 'catalog/services.yaml', lines: component(first.service) },
    });
  const [lone] = unowned;
  if (lone)
    findings.push({
      level: 'attention',
      title: `${lone.of} services have no team: ${unowned.map(({ service }) => service).join(', ')}`,
      detail: 'They are shown under (unassigned).',
    });
  return findings;
}

async function rolloutFindings(store: Store, rollouts: string, changes: string): Promise<Finding[]> {
  const [row] = await store.query<{ rollouts: string; bare: string; changes: string; guessed: string }>(
    `SELECT (SELECT toString(count()) FROM ${rollouts} WHERE excluded = '') AS rollouts,
       (SELECT toString(countIf(revision = '')) FROM ${rollouts} WHERE excluded = '') AS bare,
       (SELECT toString(countIf(finished_at IS NOT NULL)) FROM ${changes} WHERE excluded = '') AS changes,
       (SELECT toString(countIf(containment = 'time')) FROM ${changes} WHERE excluded = '') AS guessed`,
  );
  if (row === undefined || row.rollouts === '0')
    return [
      {
        level: 'attention',
        title: 'No production rollout has been heard of',
        detail:
          'No key can be told without any. Connect a source that reports deployments, or import tags: `headway import git --help`.',
      },
    ];
  const findings: Finding[] = [];
  if (row.bare !== '0')
    findings.push({
      level: 'attention',
      title: `${row.bare} of ${row.rollouts} rollouts name no revision`,
      detail: 'Which changes they delivered can only be told by time.',
    });
  if (row.guessed !== '0')
    findings.push({
      level: 'assumed',
      title: `${row.guessed} of ${row.changes} changes were matched to their rollout by time alone`,
      detail: 'Connect the pushes of these repositories, or import their clones, to match by commit.',
    });
  return findings;
}

async function incidentFindings(store: Store, incidents: string): Promise<Finding[]> {
  const [row] = await store.query<{ incidents: string; unlinked: string }>(
    `SELECT toString(count()) AS incidents, toString(countIf(cause_rollout_id = '')) AS unlinked FROM ${incidents} WHERE excluded = ''`,
  );
  if (row === undefined || row.unlinked === '0') return [];
  return [
    {
      level: 'assumed',
      title: `${row.unlinked} of ${row.incidents} incidents name no cause`,
      detail:
        'They count to no deployment. `caused-by: <rollout, revision or PR>` in a title or note links one; or take the deployment before it for the cause:',
      settle: { file: 'metrics.yaml', lines: 'dora.change_fail_rate:\n  link: previous_deploy' },
    },
  ];
}

/** Rollouts that another tool reports too, by who is not believed there (R12a). */
async function duplicateFindings(store: Store, rollouts: string): Promise<Finding[]> {
  const rows = await store.query<{ left_out: string; environment: string; rollouts: string }>(
    `SELECT if(match(rollout_id, '^(run|release):'), 'runs', toString(source)) AS left_out, environment, toString(count()) AS rollouts
     FROM ${rollouts} WHERE excluded = 'duplicate_source' GROUP BY left_out, environment ORDER BY count() DESC LIMIT ${SHOWN}`,
  );
  return rows.map(({ left_out, environment, rollouts: count }) => ({
    level: 'assumed',
    title: `${count} rollouts to ${environment} that ${left_out === 'runs' ? 'runs, jobs or releases make' : `${left_out} reports`} are left out: another tool reports the same services there`,
    detail:
      'Argo CD and Flux are believed before forges, these before runs that rules make rollouts, these before tags. If it is the other way round:',
    settle: {
      file: 'environments.yaml',
      lines: `environments:\n  - name: ${yamlText(environment)}\n    production: true\n    rollouts_from: ${yamlText(left_out)}`,
    },
  }));
}

function component(service: string): string {
  const id = service.split('/').at(-1) ?? service;
  return `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${yamlText(id)}
  annotations:
    github.com/project-slug: ${yamlText(service)}
spec:
  type: service
  lifecycle: production
  owner: your-team`;
}
