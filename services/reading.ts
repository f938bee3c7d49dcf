import type { AtomRow, PagePorts } from '../dashboards/web/page.ts';
import type { Finding } from '../dashboards/web/trust.ts';
import type { NormalizedEvent } from '../ingest/event.ts';
import type { Clock, Store } from '../ingest/ports.ts';
import type { Source } from '../ingest/sources/source.ts';
import { answerMetric } from '../queries/answer.ts';
import type { WithAtoms } from '../queries/atoms/tables.ts';
import { metricDiff } from '../queries/diff.ts';
import { SPEC_VERSION } from '../queries/envelope.ts';
import { keepAnswers } from '../queries/kept-answers.ts';
import { keepCounts } from '../queries/kept-counts.ts';
import { metricAtoms } from '../queries/listing.ts';
import type { Options } from '../queries/metric.ts';
import { findMetric, metrics } from '../queries/metrics/registry.ts';
import { type CommentsAnswer, type CommentsRequest, notAskedFor, readComments } from '../queries/privacy/commented.ts';
import { parseRequest, type RequestContext } from '../queries/request.ts';
import { diagnose } from './doctor.ts';
import { listServices, listTeams } from './facts.ts';
import { type Judging, openJudging } from './judging.ts';
import type { PublishedAnswer } from './published.ts';
import type { Asked, MetricParts } from './routes/metrics.ts';

export interface ReadingDeps {
  readonly store: Store;
  readonly withAtoms: WithAtoms;
  readonly clock: Clock;
  readonly reportingZone: string;
  readonly fiscalStartMonth: number;
  readonly organisation: string;
  /** Whether what people write in surveys is asked for; absent: it is not. */
  readonly takesComments?: boolean;
  /** Those that may send, for what is told of them. */
  readonly sources: readonly Source[];
  /** The organisation's default options per metric; asked at each question, since a workspace may be loaded later. */
  readonly defaults: () => Readonly<Record<string, Options>>;
  /** While the numbers lag behind the log: the instant up to which they are complete (UTC ISO). */
  readonly staleSince: () => string | null;
  /** States in the log what is given out of people's answers; resolves once the store has it. */
  readonly publish?: (events: readonly NormalizedEvent[]) => Promise<void>;
  /** Why the slices of an SLO cannot be pulled; null: they can. */
  readonly pullProblem?: (slo: string) => string | null;
}

/** What answers questions: the same for the API, the pages and the gauges. */
export interface Reading {
  readonly metrics: MetricParts;
  /** What people wrote in a wave; null: nothing was heard of it. */
  readonly comments: (request: CommentsRequest) => Promise<CommentsAnswer | null>;
  readonly judging: Judging;
  readonly pages: (baseUrl: string) => PagePorts;
  readonly findings: () => Promise<readonly Finding[]>;
  /** A metric of the whole organisation over the last 28 days; null if it cannot be answered. */
  readonly published: (metricId: string) => Promise<PublishedAnswer | null>;
}

/** Makes the questions that a process can be asked, over its store. */
export function openReading(deps: ReadingDeps): Reading {
  const context = (): RequestContext => ({
    now: deps.clock.now(),
    reportingZone: deps.reportingZone,
    fiscalStartMonth: deps.fiscalStartMonth,
    defaults: deps.defaults(),
  });
  const keptCounts = keepCounts(deps.store);
  const keptAnswers = keepAnswers();
  const asking = ({ now }: RequestContext) => ({
    store: deps.store,
    withAtoms: deps.withAtoms,
    keptCounts,
    keptAnswers,
    now,
    reportingZone: deps.reportingZone,
    fiscalStartMonth: deps.fiscalStartMonth,
    ...(deps.publish ? { publish: deps.publish } : {}),
  });
  const parts: MetricParts = {
    metrics,
    context,
    answer: (metric, request, asked) => answerMetric(asking(asked), metric, request),
    atoms: (metric, request, page, asked) => metricAtoms(asking(asked), metric, request, page),
    diff: (metric, request, and, asked) => metricDiff(asking(asked), metric, request, request.asOf ?? asked.now, and),
  };
  const judging = openJudging({
    withAtoms: deps.withAtoms,
    store: deps.store,
    metrics: parts,
    zone: deps.reportingZone,
    organisation: deps.organisation,
    monotonicSeconds: () => performance.now() / 1000,
    ...(deps.pullProblem ? { pullProblem: deps.pullProblem } : {}),
  });
  return {
    metrics: parts,
    judging,
    async comments(request) {
      const asked = context();
      return deps.takesComments === true ? readComments(asking(asked), request) : notAskedFor(request, asked.now);
    },
    pages: (baseUrl) => pagePorts(deps, parts, judging, baseUrl),
    findings: () => findingsOf(deps),
    async published(id) {
      const [row] = (await askWhole(parts, id, {})).totals;
      return row ?? null;
    },
  };
}

function pagePorts(deps: ReadingDeps, parts: MetricParts, judging: Judging, baseUrl: string): PagePorts {
  return {
    async context() {
      const [teams, services, heard] = await Promise.all([
        listTeams(deps.store, deps.withAtoms),
        listServices(deps.store, deps.withAtoms),
        deps.store.query<{ heard: string | null }>('SELECT maxOrNull(recorded_at) AS heard FROM events'),
      ]);
      const heardUntil = heard[0]?.heard ?? null;
      return {
        now: deps.clock.now(),
        zone: deps.reportingZone,
        organisation: deps.organisation,
        fiscalStartMonth: deps.fiscalStartMonth,
        heardUntil,
        staleSince: deps.staleSince(),
        baseUrl,
        specVersion: SPEC_VERSION,
        teams: teams.map((team) => String(team.id)),
        services: services.map((service) => String(service.id)),
      };
    },
    ask: (id, params) => askWhole(parts, id, params),
    async askAtoms(id, params) {
      const { after = null, limit = '100', ...rest } = params;
      const { metric, request, context } = questionOf(parts, id, rest);
      const page = answered(await parts.atoms(metric, request, { after, limit: Number(limit) }, context));
      return { atoms: page.atoms as unknown as readonly AtomRow[], next: page.next };
    },
    publicStatus: judging.publicStatus,
    findings: () => findingsOf(deps),
  };
}

const findingsOf = ({ store, withAtoms, clock, sources }: ReadingDeps) =>
  diagnose(store, withAtoms, clock.now(), sources);

async function askWhole(parts: MetricParts, id: string, params: Readonly<Record<string, string>>) {
  const { metric, request, context } = questionOf(parts, id, params);
  return answered(await parts.answer(metric, request, context));
}

/** A question of our own: that it is wrong is a bug, so it throws. */
function questionOf(parts: MetricParts, id: string, params: Readonly<Record<string, string>>) {
  const metric = findMetric(id);
  if (metric === null) throw new Error(`there is no metric ${id}`);
  const context = parts.context();
  const parsed = parseRequest(metric, params, context);
  if (!parsed.ok) throw new Error(`a wrong question to ${id}: ${JSON.stringify(parsed.problems)}`);
  return { metric, request: parsed.request, context };
}

function answered<T>(asked: Asked<T>): T {
  if (!asked.ok) throw new Error(`a question that cannot be answered: ${JSON.stringify(asked.problems)}`);
  return asked.answer;
}
