import type { Repository } from './code.ts';
import type { ToldRollout } from './deployments.ts';
import { catalogServices, repositories, type Telling } from './organisation.ts';

const MINUTE_MS = 60_000;

/** An incident from detection to its end, if it has one; reopened, merged, linked, reclassified along the way. */
export function tellIncident(
  telling: Telling,
  number: number,
  told: readonly ToldRollout[],
  code: readonly Repository[],
): void {
  const { random, fact } = telling;
  const incident_id = `INC-${number}`;
  const source = random.weighted([
    [6, 'pagerduty'],
    [2, 'canonical'],
    [1, 'github'],
  ]);
  const soon = told.length > 0 && random.chance(0.6);
  const detected = soon ? telling.now + random.int(1, 90) * MINUTE_MS : telling.pass();
  telling.now = detected;
  const about: Record<string, unknown> = { incident_id, ...serviceOf(telling, told) };
  const severe = {
    ...(random.chance(0.3)
      ? {
          impact: random.weighted([
            [3, 'degraded'],
            [2, 'outage'],
            [1, 'none'],
          ]),
        }
      : {}),
    ...(random.chance(0.3) ? { severity: random.pick(['1', '2']) } : {}),
  };
  const impact =
    detected -
    random.weighted([
      [6, random.int(0, 40)],
      [1, -3],
      [1, -8],
      [1, random.int(60, 600)],
    ]) *
      MINUTE_MS;
  fact(
    'incident.detected',
    detected,
    {
      ...about,
      ...severe,
      ...(random.chance(0.6) ? { impact_started_at: new Date(impact).toISOString() } : {}),
      ...(random.chance(0.35) ? { caused_by: causeText(telling, told, code) } : {}),
    },
    source,
  );
  if (random.chance(0.6))
    fact(
      'incident.acknowledged',
      detected +
        random.weighted([
          [6, random.int(0, 30)],
          [1, -2],
          [1, -9],
        ]) *
          MINUTE_MS,
      about,
      source,
    );
  let at = detected;
  const end = (): void => {
    at +=
      random.weighted([
        [8, random.int(1, 300)],
        [1, random.int(600, 9000)],
      ]) * MINUTE_MS;
    if (random.chance(0.5)) fact('incident.mitigated', at, about, source);
    if (random.chance(0.7)) fact('incident.resolved', at + random.int(0, 60) * MINUTE_MS, about, source);
    if (random.chance(0.3)) fact('incident.closed', at + random.int(60, 3000) * MINUTE_MS, about, source);
  };
  if (random.chance(0.85)) end();
  if (random.chance(0.12)) {
    at += random.int(61, 400) * MINUTE_MS;
    fact('incident.reopened', at, about, source);
    if (random.chance(0.7)) end();
  }
  if (number > 1 && random.chance(0.12))
    fact('incident.merged', at + MINUTE_MS, { ...about, duplicate_of: `INC-${random.int(1, number - 1)}` }, source);
  if (random.chance(0.1))
    fact(
      'incident.reclassified',
      at + 2 * MINUTE_MS,
      { ...about, ...random.pick([{ false_alarm: true }, { impact: 'none' }, { impact: 'outage' }]) },
      source,
    );
  tellLinks(telling, about, at, told, code);
}

/** Links, mostly late, some taken back. */
function tellLinks(
  telling: Telling,
  about: Record<string, unknown>,
  at: number,
  told: readonly ToldRollout[],
  code: readonly Repository[],
): void {
  const { random, fact } = telling;
  if (told.length === 0 || !random.chance(0.45)) return;
  const rollout = random.chance(0.7) ? told.at(-1)! : random.pick(told);
  const link = random.weighted<Record<string, unknown>>([
    [8, { cause_deployment_id: rollout.rollout_id }],
    [2, { caused_by: causeText(telling, told, code) }],
    [1, { cause_deployment_id: 'unheard-of' }],
  ]);
  const linked = at + random.int(1, 10 * 24 * 60) * MINUTE_MS;
  fact('incident.linked', linked, { ...about, ...link });
  if (random.chance(0.15)) fact('incident.linked', linked + MINUTE_MS, { ...about, caused_by: '' });
}

function serviceOf({ random }: Telling, told: readonly ToldRollout[]): Record<string, unknown> {
  const names = told.at(-1)?.names ?? {};
  const stated = names.service_id ?? names.repository ?? 'api';
  return random.weighted<Record<string, unknown>>([
    [5, { service_id: stated }],
    [
      2,
      {
        service: random.pick([
          'website',
          'Jobs',
          'shop frontend',
          'acme/lib',
          'Nothing known',
          ...catalogServices.map((one) => one.service_id),
        ]),
      },
    ],
    [2, { repository: random.pick(repositories) }],
    [1, {}],
  ]);
}

/** What a person writes after `caused-by:`. */
function causeText({ random }: Telling, told: readonly ToldRollout[], code: readonly Repository[]): string {
  const rollout = told.at(-1);
  const repository = random.pick(code);
  const merged = repository.merged.at(-1);
  const texts = [
    ...(rollout ? [rollout.rollout_id, rollout.revision.toLowerCase().slice(0, 10)] : []),
    ...(merged
      ? [
          `#${merged.number}`,
          merged.change_id,
          `!${merged.number}`,
          `${repository.name}!${merged.number}`,
          `https://git.example/${repository.name}/pull/${merged.number}`,
          `https://git.example/${repository.name}/pulls/${merged.number}/files?w=1`,
          `https://git.example/${repository.name}/-/merge_requests/${merged.number}#note_1`,
          `https://git.example/stash/projects/ACME/repos/${repository.name.slice(5)}/pull-requests/${merged.number}/overview`,
          merged.mergeSha.slice(0, 12),
        ]
      : []),
    'the network',
  ];
  return random.pick(texts);
}

/** Somebody sets right what was reported, or takes it back. */
export function tellCorrection(
  telling: Telling,
  told: readonly ToldRollout[],
  incidents: number,
  code: readonly Repository[],
): void {
  const { random, fact } = telling;
  const at = telling.pass();
  const time = (): string => new Date(at - random.int(1, 5 * 24 * 60) * MINUTE_MS).toISOString();
  const timeOrNone = (): string | null => (random.chance(0.15) ? null : time());
  const rollout_id = told.length > 0 ? random.pick(told).rollout_id : 'r1';
  const incident_id = `INC-${random.int(1, Math.max(1, incidents))}`;
  const change_id = random.pick(code).merged.at(-1)?.change_id ?? 'acme/shop#1';
  const [field, value] = random.pick([
    ['outcome', random.pick(['succeeded', 'failed_live', 'failed_dark', 'cancelled'])],
    ['finished_at', time()],
    ['environment', random.pick(['production', 'staging', 'edge'])],
    ['planned', random.chance(0.5)],
    ['service_id', random.pick(['api', 'shop'])],
  ] as const);
  const [incidentField, incidentValue] = random.pick([
    ['resolved_at', timeOrNone()],
    ['restored_at', timeOrNone()],
    ['impact_started_at', timeOrNone()],
    ['impact', random.pick(['none', 'outage'])],
    ['false_alarm', random.chance(0.5)],
  ] as const);
  random.weighted([
    [4, () => fact('deployment.corrected', at, { rollout_id, field, value })],
    [4, () => fact('incident.corrected', at, { incident_id, field: incidentField, value: incidentValue })],
    [
      2,
      () => fact('change.corrected', at, { change_id, field: random.pick(['opened_at', 'merged_at']), value: time() }),
    ],
    [1, () => fact('deployment.retracted', at, { rollout_id })],
    [1, () => fact('incident.retracted', at, { incident_id })],
    [1, () => fact('change.retracted', at, { change_id })],
    [
      1,
      () => {
        const { event } = random.pick(telling.story.history);
        const entity = event.type === 'service.rolledback' ? 'deployment' : event.type.split('.')[0];
        if (entity === 'deployment' || entity === 'change' || entity === 'incident')
          fact(`${entity}.retracted`, at, { event_id: event.id });
      },
    ],
  ])();
}
