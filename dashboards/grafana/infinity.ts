/**
 * Queries of Grafana's Infinity data source on our own API: every panel asks the address that people would ask, so a panel
 * cannot show a number that the API does not. The SDK has no model of this data source.
 */

/** The data source as docker-compose.yml provisions it. */
export const headwaySource = { type: 'yesoreyeram-infinity-datasource', uid: 'headway' } as const;

/** One of Grafana's variables or macros, as it stands in a parameter. */
export const variable = (name: string): string => `\${${name}}`;

/** A column of the answer: where it stands in a row, its name in the panel, and its type. */
export interface InfinityColumn {
  readonly selector: string;
  readonly text: string;
  readonly type: 'string' | 'number' | 'boolean' | 'timestamp';
}

/** What to ask: `params` may hold Grafana's variables; `rows` names the list in the answer. */
export interface InfinityQuestion {
  readonly refId: string;
  /** `timeseries` needs rows that ascend in time, one per time and label. */
  readonly format: 'timeseries' | 'table';
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly rows: string;
  readonly columns: readonly InfinityColumn[];
}

/** The parser runs in Grafana's backend: the others work neither in alerts nor on public dashboards. */
export function infinityQuery({ refId, format, url, params, rows, columns }: InfinityQuestion) {
  return {
    refId,
    type: 'json',
    source: 'url',
    parser: 'backend',
    format,
    url,
    url_options: {
      method: 'GET',
      data: '',
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    },
    root_selector: rows,
    columns: columns.map((column) => ({ ...column })),
    computed_columns: [],
    filters: [],
    filterExpression: '',
    summarizeExpression: '',
    summarizeBy: '',
    summarizeAlias: '',
  };
}

/** The same as the target of a panel, in the form that the SDK's panels take. */
export function infinityTarget(question: InfinityQuestion) {
  return {
    build: () => ({
      ...infinityQuery(question),
      datasource: { ...headwaySource },
      // Marks a query for the SDK; functions do not reach the JSON.
      _implementsDataqueryVariant: () => undefined,
    }),
  };
}
