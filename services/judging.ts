import type { PublicIncident, PublicSlo, StatusModel } from '../dashboards/web/status.ts';
import type { Store } from '../ingest/ports.ts';
import type { WithAtoms } from '../queries/atoms/tables.ts';
import { type Maintenances, readMaintenances } from '../queries/maintenance.ts';
import { findMetric } from '../queries/metrics/registry.ts';
import type { KeyResult } from '../queries/okr/key-result.ts';
import { answerObjectives, findKeyResult, type Objective } from '../queries/okr/objectives.ts';
import { parseRequest } from '../queries/request.ts';
import type { Slo, SloAsking, SpentBy } from '../queries/slo/slo.ts';
import { answerSlos, badDays, findSlo, type SloInDetail, spentBy } from '../queries/slo/slos.ts';
import { readSpellings } from '../queries/spans.ts';
import type { MetricParts } from './routes/metrics.ts';

/** Judgements on metric answers, each as of a past instant (UTC ISO) or, with null, as of now. */
export interface Judging {
  objectives(asOf: string | null): Promise<{ readonly as_of: string; readonly objectives: readonly Objective[] }>;
  keyResult(id: string, asOf: string | null): Promise<KeyResult | null>;
  slos(asOf: string | null): Promise<{ readonly as_of: string; readonly slos: readonly Slo[] }>;
  slo(id: string, asOf: string | null): Promise<SloInDetail | null>;
  /** What everyone may see: computed at most once in a minute, however often it is asked for. */
  publicStatus(): Promise<StatusModel>;
}

export interface JudgingDeps {
  readonly store: Store;
  readonly metrics: MetricParts;
  readonly withAtoms: WithAtoms;
  readonly zone: string;
  readonly organisation: string;
  /** Seconds of a clock that never jumps. */
  readonly monotonicSeconds: () => number;
  /** Why the slices of an SLO cannot be pulled; null: they can. Absent where nothing is pulled. */
  readonly pullProblem?: (slo: string) => string | null;
}

const PUBLIC_SECONDS = 60;
const PUBLIC_DAYS = 90;
const MOST_INCIDENTS = 1_000;
/** The last instant that has a date (epoch ms). */
const FOR_EVER = 8.64e15;

/** Makes the judgements of a process over its metrics. */
export function openJudging(deps: JudgingDeps): Judging {
  const { store, metrics, zone } = deps;
  const asking = (asOf: string | null): SloAsking => {
    const context = metrics.context();
    const question = (id: string, params: Readonly<Record<string, string>>) => {
      const metric = findMetric(id);
      const parsed = metric === null ? null : parseRequest(metric, params, context);
      return metric !== null && parsed?.ok ? { metric, request: parsed.request } : null;
    };
    let maintenances: Promise<Maintenances> | null = null;
    let spellings: Promise<ReadonlyMap<string, string>> | null = null;
    const always = { start: 0, end: FOR_EVER };
    return {
      now: context.now,
      withAtoms: deps.withAtoms,
      async spellingOf(service) {
        spellings ??= deps.withAtoms(asOf, ['service_spans'], (tables) => readSpellings(store, tables));
        return (await spellings).get(service.toLowerCase()) ?? service;
      },
      async maintenanceOf(service) {
        maintenances ??= deps.withAtoms(asOf, ['maintenances'], (tables) => readMaintenances(store, tables, always));
        return (await maintenances).get(service.toLowerCase()) ?? [];
      },
      ...(deps.pullProblem ? { pullProblem: deps.pullProblem } : {}),
      zone,
      asOf,
      async ask(id, params) {
        const asked = question(id, params);
        if (asked === null) return null;
        const answered = await metrics.answer(asked.metric, asked.request, context);
        return answered.ok ? answered.answer : null;
      },
      async askAtoms(id, params) {
        const asked = question(id, params);
        if (asked === null) return null;
        const answered = await metrics.atoms(asked.metric, asked.request, { limit: MOST_INCIDENTS }, context);
        return answered.ok ? answered.answer.atoms : null;
      },
    };
  };
  const publicStatus = keptFor(PUBLIC_SECONDS, deps.monotonicSeconds, () => statusModel(deps, asking(null)));
  return {
    async objectives(asOf) {
      const given = asking(asOf);
      return { as_of: asOf ?? given.now, objectives: await answerObjectives(store, given) };
    },
    keyResult: (id, asOf) => findKeyResult(store, asking(asOf), id),
    async slos(asOf) {
      const given = asking(asOf);
      return { as_of: asOf ?? given.now, slos: await answerSlos(store, given) };
    },
    slo: (id, asOf) => findSlo(store, asking(asOf), id),
    publicStatus,
  };
}

/** Computes anew once the last result is that old; a failure is not kept. */
function keptFor<T>(seconds: number, monotonicSeconds: () => number, compute: () => Promise<T>): () => Promise<T> {
  let kept: { readonly at: number; readonly value: Promise<T> } | null = null;
  return () => {
    const now = monotonicSeconds();
    if (kept !== null && now - kept.at < seconds) return kept.value;
    const mine = { at: now, value: compute() };
    kept = mine;
    mine.value.catch(() => {
      if (kept === mine) kept = null;
    });
    return mine.value;
  };
}

async function statusModel(deps: JudgingDeps, asking: SloAsking): Promise<StatusModel> {
  const shown = (await answerSlos(deps.store, asking)).filter((slo) => slo.public);
  const slos: PublicSlo[] = [];
  const incidents: PublicIncident[] = [];
  for (const slo of shown) {
    slos.push({
      id: slo.slo,
      title: slo.title,
      description: slo.description,
      target: slo.target,
      value: slo.value,
      budgetRemaining: slo.budget.remaining,
      status: slo.status,
      coverage: slo.coverage,
      isWorking: isWorking(slo),
      days: await badDays(asking, slo, PUBLIC_DAYS),
      public: true,
    });
    for (const spent of await spentBy(asking, slo)) incidents.push(publicIncident(slo, spent));
  }
  return {
    now: asking.now,
    zone: deps.zone,
    organisation: deps.organisation,
    windowDays: shown.length === 0 ? 30 : Math.max(...shown.map((slo) => slo.window.days)),
    slos,
    incidents: incidents.sort((a, b) => (a.began < b.began ? 1 : -1)),
  };
}

/** No incident under way; where none are counted, nothing that pages. */
function isWorking({ sli, value, open_incidents: open, alerts }: Slo): boolean | null {
  if (sli === 'incidents') return open === null ? null : open === 0;
  return value === null ? null : !alerts.some(({ severity, state }) => severity === 'page' && state === 'firing');
}

/** In our words: what an incident tool calls it may hold what is nobody's business. */
function publicIncident(slo: Slo, spent: SpentBy): PublicIncident {
  const lasted = spent.restored_at === null ? null : Date.parse(spent.restored_at) - Date.parse(spent.started_at);
  return {
    began: spent.started_at,
    title: `${slo.title}: ${spent.impact === 'outage' ? 'down' : 'degraded'}`,
    text: '',
    lastedSeconds: lasted === null ? null : Math.max(0, lasted) / 1000,
    budgetSpent: spent.budget_share,
  };
}
