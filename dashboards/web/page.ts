import type { MetricAnswer } from '../../queries/envelope.ts';
import type { Place } from './frame.ts';
import type { StatusModel } from './status.ts';
import type { Finding } from './trust.ts';

/** One row behind a number, as `/v1/metrics/{id}/atoms` lists it; further fields belong to the atom kind. */
export interface AtomRow {
  readonly atom_id: string;
  readonly at: string | null;
  readonly value: number | null;
  readonly service: string;
  readonly team: string;
  readonly event_ids: readonly string[];
  readonly excluded: string | null;
  readonly [field: string]: unknown;
}

/** What every page knows about the house it stands in. Instants are UTC ISO. */
export interface PageContext {
  /** The clock, read once per request. */
  readonly now: string;
  /** Reporting zone (IANA). */
  readonly zone: string;
  readonly organisation: string;
  /** First month of the fiscal year, 1 to 12. */
  readonly fiscalStartMonth: number;
  /** When the last event was recorded; null before the first one. */
  readonly heardUntil: string | null;
  /** Set while the read model is behind the log: the instant up to which numbers are complete. */
  readonly staleSince: string | null;
  /** Where this server is reached, without a slash at the end: `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly specVersion: string;
  readonly teams: readonly string[];
  readonly services: readonly string[];
}

/** What a page asks the service for. Parameters are those of the HTTP API, so a page can show nothing that the API cannot. */
export interface PagePorts {
  context(): Promise<PageContext>;
  /** As `GET /v1/metrics/{id}`; rejects if the metric or a parameter is unknown, which is a bug of the page. */
  ask(metricId: string, params: Readonly<Record<string, string>>): Promise<MetricAnswer>;
  /** As `GET /v1/metrics/{id}/atoms`. */
  askAtoms(
    metricId: string,
    params: Readonly<Record<string, string>>,
  ): Promise<{ readonly atoms: readonly AtomRow[]; readonly next: string | null }>;
  /** What `/status` shows: SLOs marked public, each with its days, and what went wrong. */
  publicStatus(): Promise<StatusModel>;
  /** As `GET /v1/doctor`. */
  findings(): Promise<readonly Finding[]>;
}

/** A page as the service registers it. `load` asks, `render` is pure: the same model gives the same bytes. */
export interface Page<Model> {
  readonly path: string;
  /** For the browser's title and the tests. */
  readonly title: string;
  /** Its entry in the top bar, or null if it has none. */
  readonly nav: Place | null;
  /** Public pages need no token and may be cached. */
  readonly isPublic: boolean;
  load(ports: PagePorts, params: Readonly<Record<string, string>>): Promise<Model>;
  render(model: Model): string;
}
