import type { Store } from '../ingest/ports.ts';
import { type Reaching, readActive } from './active.ts';
import type { AnswerDeps } from './ask.ts';
import type { AtomTables } from './atoms/tables.ts';
import { readAvailability } from './availability.ts';
import type { Axis } from './axis.ts';
import { type BesideRead, readBeside } from './beside.ts';
import { type Cell, readCells } from './cells.ts';
import type { ServiceSpan } from './coverage.ts';
import { type Frame, frameOf, reachingOf } from './frame.ts';
import type { HoursTable } from './hours/table.ts';
import { isOfSubjects } from './kinds-read.ts';
import { columnsOf, type Metric } from './metric.ts';
import { readAnswered } from './privacy/answered.ts';
import type { MetricRequest } from './request.ts';
import { readServiceLevels } from './slo/levels.ts';
import { readServiceSpans, readSourceSpans } from './spans.ts';

/** What it takes to count: what it takes to answer, and which hours of a duration count. */
export type CountingDeps = AnswerDeps & {
  readonly hours: HoursTable | null;
  /** The store, or what is kept of it: not for rows behind a number. */
  readonly counts: Store;
};

/** What the rows of an answer are made of. */
export interface Counted {
  readonly frame: Frame;
  /** By cell name; absent where nothing was counted. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly beside: BesideRead;
}

/** Reads what a metric counts in one zone, what stands beside it, and what is known of its coverage, side by side. */
export async function countItems(
  deps: CountingDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  tz: string,
): Promise<Counted> {
  const { counts: store } = deps;
  const reaching = reachingOf(deps, metric, request, tz);
  const framing = readFrame(store, tables, metric, request, reaching);
  const [{ frame }, cells, beside] = await Promise.all([
    framing,
    readCellsOf(deps, tables, metric, request, reaching, framing),
    readBeside(store, tables, metric.beside?.(request.options) ?? [], request, reaching.axis),
  ]);
  return { frame, cells, beside };
}

interface Framed {
  readonly frame: Frame;
  readonly services: readonly ServiceSpan[];
}

async function readFrame(
  store: Store,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  reaching: Reaching,
): Promise<Framed> {
  const ofSubjects = isOfSubjects(metric);
  const [services, sources] = await Promise.all([
    ofSubjects ? [] : readServiceSpans(store, tables, request),
    readSourceSpans(store, tables),
  ]);
  // What a source did for one service says nothing of what is of no service's delivery.
  const heard = ofSubjects ? sources.filter(({ service }) => service === '') : sources;
  return { frame: frameOf(metric, request, reaching, services, heard), services };
}

/** The cells of a question, by what its metric counts. */
async function readCellsOf(
  deps: CountingDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  reaching: Reaching,
  framing: Promise<Framed>,
): Promise<ReadonlyMap<string, Cell>> {
  const { counts: store, reportingZone } = deps;
  const { axis } = reaching;
  if (metric.survey !== undefined) return readAnswered(deps, metric.survey, request, axis);
  const { aggregate } = metric;
  if (aggregate.type === 'active') {
    return readActive(store, tables, metric, aggregate.activity(request.options), request, reaching, reportingZone);
  }
  if (aggregate.type === 'availability') {
    const levels = await levelsOf(deps, tables, request, axis);
    const { frame, services } = await framing;
    return readAvailability(store, tables, metric, request, frame, services, levels);
  }
  const items = metric.items(request.options);
  return readCells(store, tables, metric.atom, columnsOf(metric), items, aggregate.type, request, axis);
}

function levelsOf(
  { counts: store, now, turnsAt }: CountingDeps,
  tables: AtomTables,
  { asOf, options }: MetricRequest,
  { reach }: Axis,
) {
  return readServiceLevels(store, tables, { reach, asOf, now, withEvents: options.method !== 'time', turnsAt });
}
