import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { whyNotCompared } from '../../queries/compare.ts';
import type { MetricDiff } from '../../queries/diff.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { AtomPage, PageRequest } from '../../queries/listing.ts';
import { bandYears, filtersOf, isListed, type Metric, type OptionSpec, optionsOf } from '../../queries/metric.ts';
import {
  type MetricRequest,
  type Problem as ParameterProblem,
  type Parameters,
  parseRequest,
  type RequestContext,
} from '../../queries/request.ts';
import { type Format, formatOf, formats, sendNotAcceptable, sendRows } from '../http/formats.ts';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';

/** A result, or what is wrong with the question. */
export type Asked<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly problems: readonly ParameterProblem[] };

export interface MetricParts {
  readonly metrics: readonly Metric[];
  /** The clock, zone and defaults that a question is read with; asked once per request. */
  readonly context: () => RequestContext;
  readonly answer: (metric: Metric, request: MetricRequest, context: RequestContext) => Promise<Asked<MetricAnswer>>;
  readonly atoms: (
    metric: Metric,
    request: MetricRequest,
    page: PageRequest,
    context: RequestContext,
  ) => Promise<Asked<AtomPage>>;
  readonly diff: (
    metric: Metric,
    request: MetricRequest,
    and: string,
    context: RequestContext,
  ) => Promise<Asked<MetricDiff>>;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 5_000;

/** `/v1/metrics` and, for each metric of the registry, its answer, its atoms and its diff. */
export function metricRoutes(app: FastifyInstance, parts: MetricParts): void {
  typed(app).get(
    '/v1/metrics',
    {
      config: { access: 'read' },
      schema: {
        tags: ['metrics'],
        summary: 'All metrics with what they mean and take',
        querystring: z.strictObject({}),
      },
    },
    async (request, reply) =>
      sendRows(request, reply, {
        format: 'json',
        whole: { metrics: parts.metrics.map(describe) },
        rows: [],
        now: null,
      }),
  );
  for (const metric of parts.metrics) oneMetric(app, metric, parts);
  // Static routes win over this one: whatever reaches it names no metric.
  for (const url of ['/v1/metrics/:id', '/v1/metrics/:id/atoms', '/v1/metrics/:id/diff']) {
    app.get(url, { config: { access: 'read' }, schema: { hide: true } }, async (request, reply) =>
      sendProblem(request, reply, { ...problemOf(404), detail: 'No metric has this id; /v1/metrics lists them.' }),
    );
  }
}

function oneMetric(app: FastifyInstance, metric: Metric, parts: MetricParts): void {
  const route = (path: string, summary: string, extra: z.ZodRawShape, handler: Handler) =>
    app.get(
      `/v1/metrics/${metric.id}${path}`,
      {
        config: { access: 'read' },
        // Parameters are read by the metric's own declaration, which names all problems at once with a fix.
        validatorCompiler: () => (value) => ({ value }),
        schema: { tags: ['metrics'], summary, querystring: z.object({ ...parameterSchema(metric), ...extra }) },
      },
      async (request, reply) => {
        if (path !== '' && !isListed(metric)) return sendNeverListed(request, reply);
        const format = formatOf(request);
        if (format === null) return sendNotAcceptable(request, reply);
        // What the route itself reads beside the metric's own parameters.
        const context = { ...parts.context(), others: ['format', ...Object.keys(extra)] };
        const query = request.query as Parameters;
        const parsed = parseRequest(metric, query, context);
        const problems = [...(parsed.ok ? [] : parsed.problems), ...(path === '' || !query.compare ? [] : [notOfRows])];
        const fit = parsed.ok && problems.length === 0 ? parsed.request : null;
        return handler({ request, reply, format, context, query, problems, parsed: fit });
      },
    );

  route('', metric.question, {}, async ({ request, reply, format, context, query, problems, parsed }) => {
    if (parsed === null) return sendParameterProblems(request, reply, problems);
    const asked = await parts.answer(metric, parsed, context);
    if (!asked.ok) return sendParameterProblems(request, reply, asked.problems);
    const { answer } = asked;
    const rows = parsed.grain === null ? answer.totals : answer.series;
    return sendRows(request, reply, { format, whole: answer, rows, now: isFixed(query, parsed) ? null : context.now });
  });

  const paging = {
    time: z.string().optional().meta({ description: 'time of a row of the series: only the rows of that bucket' }),
    after: z.string().optional().meta({ description: 'next of the page before' }),
    limit: z
      .string()
      .optional()
      .meta({ description: `Rows of a page, at most ${MAX_LIMIT}; default ${DEFAULT_LIMIT}` }),
  };
  route('/atoms', `The rows behind it: ${metric.title}`, paging, async (asking) => {
    const { request, reply, format, context, query, parsed } = asking;
    const limit = Number(query.limit ?? DEFAULT_LIMIT);
    const problems = [...asking.problems];
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      problems.push({ field: 'limit', problem: 'is not a number of rows', fix: `use 1 to ${MAX_LIMIT}` });
    for (const field of ['after', 'time'])
      if (Array.isArray(query[field]))
        problems.push({ field, problem: 'is given more than once', fix: 'give it once' });
    if (parsed === null || problems.length > 0) return sendParameterProblems(request, reply, problems);
    const after = text(query.after);
    const bucket = text(query.time);
    const page = { after, limit, ...(bucket === null ? {} : { bucket }) };
    const asked = await parts.atoms(metric, parsed, page, context);
    if (!asked.ok) return sendParameterProblems(request, reply, asked.problems);
    const now = isFixed(query, parsed) ? null : context.now;
    return sendRows(request, reply, { format, whole: asked.answer, rows: asked.answer.atoms, now });
  });

  const and = { and: z.string().meta({ description: 'The later of the two reports: what changed since as_of' }) };
  route('/diff', `What changed between two reports, and why: ${metric.title}`, and, async (asking) => {
    const { request, reply, format, context, query, parsed } = asking;
    const later = parseRequest(metric, { ...query, as_of: query.and }, context);
    const problems = [...asking.problems];
    for (const problem of later.ok ? [] : later.problems)
      if (problem.field === 'as_of') problems.push({ ...problem, field: 'and' });
    for (const field of ['as_of', 'and'])
      if (!query[field]) problems.push({ field, problem: 'is missing', fix: 'name the instants of both reports' });
    if (parsed === null || !later.ok || later.request.asOf === null || problems.length > 0)
      return sendParameterProblems(request, reply, problems);
    const asked = await parts.diff(metric, parsed, later.request.asOf, context);
    if (!asked.ok) return sendParameterProblems(request, reply, asked.problems);
    return sendRows(request, reply, {
      format,
      whole: asked.answer,
      rows: asked.answer.changes.map((change) => ({ ...change })),
      now: null,
    });
  });
}

/** A comparison is of numbers. */
const notOfRows: ParameterProblem = {
  field: 'compare',
  problem: 'compares numbers, and these are the rows behind one',
  fix: 'leave it out; adoption.rate/atoms lists who is on the platform',
};

interface Asking {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly format: Format;
  readonly context: RequestContext;
  readonly query: Parameters;
  readonly problems: readonly ParameterProblem[];
  readonly parsed: MetricRequest | null;
}

type Handler = (asking: Asking) => Promise<FastifyReply>;

/** True if the question names both what was known and where its window ends: then its answer never changes. */
function isFixed(query: Parameters, request: MetricRequest): boolean {
  return request.asOf !== null && text(query.to) !== null;
}

function text(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Answers of people are shown as numbers only, whoever asks. */
function sendNeverListed(request: FastifyRequest, reply: FastifyReply) {
  return sendProblem(request, reply, {
    status: 403,
    kind: 'private',
    title: 'The answers behind this number are never shown',
    detail: 'It is made of what single people answered. Ask for the number itself, by the dimensions that it declares.',
  });
}

function sendParameterProblems(request: FastifyRequest, reply: FastifyReply, problems: readonly ParameterProblem[]) {
  return sendProblem(request, reply, {
    status: 400,
    kind: 'parameters',
    title: 'Some parameters are not valid',
    problems: problems.map(({ field, problem, fix }) => ({ field, problem: `${problem}: ${fix}` })),
  });
}

function parameterSchema(metric: Metric): z.ZodRawShape {
  const text = (description: string) => z.string().optional().meta({ description });
  const dimensions = Object.fromEntries(
    filtersOf(metric).map((name) => [name, text(`Only these, comma-separated; * for all (${name})`)]),
  );
  const options = Object.fromEntries(
    Object.entries(optionsOf(metric)).map(([name, spec]) => [
      name,
      optionSchema(spec).optional().meta({ description: spec.text }),
    ]),
  );
  return {
    from: text('Begin of the window: ISO date or instant; default 28 local days before its end'),
    to: text('End of the window, not within it; default now'),
    grain: text('hour, day, week, month, quarter, year, a rolling number of days such as 28d, or none'),
    tz: text('IANA zone of the bucket edges, or team; default the reporting zone'),
    group_by: text(`Up to two of ${metric.dimensions.join(', ')}`),
    as_of: text('As it was known at this instant; default now'),
    format: z.enum(formats).optional().meta({ description: 'Form of the answer' }),
    ...dimensions,
    ...options,
    ...(whyNotCompared(metric) === null
      ? {
          compare: z
            .enum(['adopters'])
            .optional()
            .meta({ description: 'Services on the platform beside those that are not' }),
        }
      : {}),
    ...(metric.isReducible
      ? {
          baseline: text(
            'A window <from>..<to> whose median the totals are set against: reduction = 1 − median ÷ its median',
          ),
        }
      : {}),
    ...(metric.band
      ? { bands: z.enum(bandYears).optional().meta({ description: 'Compare with the bands of that year' }) }
      : {}),
  };
}

function optionSchema(spec: OptionSpec): z.ZodType {
  if (spec.type === 'choice') return z.enum(spec.values as [string, ...string[]]);
  if (spec.type === 'calendar') return z.string();
  return spec.type === 'flag' ? z.boolean() : z.number().min(spec.min).max(spec.max);
}

/** A metric as `/v1/metrics` lists it. */
function describe(metric: Metric): Record<string, unknown> {
  return {
    id: metric.id,
    title: metric.title,
    question: metric.question,
    description: metric.description,
    caveats: metric.caveats,
    unit: metric.unit,
    direction: metric.direction,
    atom: metric.atom,
    dimensions: metric.dimensions,
    filters: filtersOf(metric),
    options: optionsOf(metric),
    min_n: metric.minN,
    provisional_hours: metric.graceHours,
    examples: metric.examples,
  };
}
