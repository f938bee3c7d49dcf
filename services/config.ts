import { existsSync } from 'node:fs';
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { readTokens, type TokenRecord } from './tokens.ts';

/** Which part of the service a process is: `all` in one, or one of the three of a distributed set-up. */
export const roles = ['all', 'gateway', 'worker', 'api'] as const;
export type Role = (typeof roles)[number];

/** The whole configuration of one process, checked. */
export interface Config {
  readonly role: Role;
  readonly host: string;
  readonly port: number;
  /** Bound to this machine alone: runs without tokens and accepts unsigned webhooks of sources without a secret. */
  readonly loopback: boolean;
  readonly dataDir: string;
  readonly workspaceDir: string;
  readonly timezone: string;
  readonly fiscalStartMonth: number;
  readonly organisation: string;
  /** Whether what people write in surveys is taken. */
  readonly surveyComments: boolean;
  /** Source name to the secrets that are valid now (several while one is being rotated). */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  /** Bearer tokens for the Prometheus servers that SLOs are pulled from, by the name of their variable. */
  readonly prometheusTokens: ReadonlyMap<string, string>;
  /** null: no tokens are asked for (loopback only). */
  readonly tokens: readonly TokenRecord[] | null;
  readonly kafkaBrokers: readonly string[] | null;
  readonly clickhouseUrl: string | null;
  /** Cluster whose servers hold copies of the tables; null: one server. */
  readonly clickhouseCluster: string | null;
  readonly logLevel: string;
  /** Requests per minute and address; null: no limit. */
  readonly rateLimit: number | null;
}

export interface ConfigProblem {
  readonly name: string;
  readonly problem: string;
}

const zone = z.string().refine((value) => IANAZone.isValidZone(value), 'is not a time zone, such as Europe/Berlin');
const url = z.url({ protocol: /^https?$/, error: 'is not an http or https address' });
const list = z.string().transform((value) => value.split(',').map((part) => part.trim()));

const whole = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= low && value <= high, `must be ${low} to ${high}`);

// Every setting with what it does; the docs are made of it. Secrets have their own rule, see secretVariable.
const settings = z.object({
  HEADWAY_PORT: whole(0, 65_535).default(8080).describe('Port to listen on; 0 takes a free one. Default 8080.'),
  HEADWAY_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Default 127.0.0.1. Anything but loopback needs tokens and secrets.'),
  HEADWAY_DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder for the embedded log and store, and the spool. Default ./data.'),
  HEADWAY_WORKSPACE: z
    .string()
    .min(1)
    .default('./workspace')
    .describe(
      'Folder with catalog, environments, people and objectives as YAML. Default ./workspace; it may be missing.',
    ),
  HEADWAY_TIMEZONE: zone
    .default('UTC')
    .describe('Reporting time zone (IANA name): days, weeks and months begin by its clock. Default UTC.'),
  HEADWAY_FISCAL_START_MONTH: whole(1, 12)
    .default(1)
    .describe('Month (1 to 12) in which the fiscal year begins; quarters and years follow it. Default 1.'),
  HEADWAY_ORGANISATION: z
    .string()
    .max(100)
    .default('')
    .describe('Name of the organisation, as the pages show it. Default none.'),
  HEADWAY_SURVEY_COMMENTS: z
    .enum(['on', 'off'])
    .default('off')
    .describe(
      'Whether comments in surveys are taken and, from 10 people on, shown word for word: on or off. Default off: none is kept.',
    ),
  HEADWAY_TOKENS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'YAML file of hashed API tokens, see `headway token create`. Once set, tokens are asked for on loopback too.',
    ),
  HEADWAY_KAFKA_BROKERS: list
    .refine((hosts) => hosts.every((host) => /^[^\s:]+:\d+$/.test(host)), 'must be host:port, comma-separated')
    .optional()
    .describe('Kafka brokers (host:port, comma-separated) as the log. Unset: an embedded log in the data folder.'),
  HEADWAY_CLICKHOUSE_URL: url
    .optional()
    .describe('Address of a ClickHouse server as the store. Unset: the embedded engine in the data folder.'),
  HEADWAY_CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9_.{}-]{1,100}$/, 'is not the name of a cluster')
    .optional()
    .describe(
      'Cluster of that server (one shard): tables are made on all of its servers with replicated engines. Unset: one server.',
    ),
  HEADWAY_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged: fatal, error, warn, info, debug, trace or silent. Default info.'),
  HEADWAY_RATE_LIMIT: whole(1, 999_999_999)
    .optional()
    .describe('Requests a minute that one address may make. Default 30000; no limit when bound to loopback.'),
  HEADWAY_URL: url
    .optional()
    .describe('Commands only: address of the server to speak to. Default http://127.0.0.1 and the port above.'),
  HEADWAY_TOKEN: z.string().min(1).optional().describe('Commands only: the token to present to that server.'),
});

/** Names of all settings and what each does. */
export const variables: readonly { name: string; text: string }[] = Object.entries(settings.shape).map(
  ([name, setting]) => ({ name, text: setting.description ?? '' }),
);

const SECRET = 'HEADWAY_SECRET_';
const PROMETHEUS_TOKEN = 'HEADWAY_PROMETHEUS_TOKEN_';

export interface ConfigDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly role: Role;
  /** Names of the sources that may have a secret. */
  readonly sources: readonly string[];
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads the configuration from environment variables. Reports every problem at once, by the variable's name; no value of a
 * secret, token or address is ever part of a message.
 */
export function readConfig({ env, role, sources }: ConfigDeps): ConfigResult {
  const problems: ConfigProblem[] = [];
  const set = Object.fromEntries(Object.entries(env).filter(([key, value]) => key.startsWith('HEADWAY_') && value));
  const parsed = settings.safeParse(set);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const name = String(issue.path[0]);
    // Kubernetes sets HEADWAY_PORT=tcp://… for a service that is named headway.
    const kubernetes = name === 'HEADWAY_PORT' && set.HEADWAY_PORT?.startsWith('tcp://');
    problems.push({
      name,
      problem: kubernetes
        ? 'is set by Kubernetes for a service named headway: set enableServiceLinks to false'
        : issue.message,
    });
  }
  const secrets = readSecrets(set, sources, problems);
  const prometheusTokens = readPrometheusTokens(set, problems);
  const tokens = readTokensFile(set.HEADWAY_TOKENS_FILE, problems);
  if (set.HEADWAY_WORKSPACE && !existsSync(set.HEADWAY_WORKSPACE))
    problems.push({ name: 'HEADWAY_WORKSPACE', problem: 'names a folder that does not exist' });
  const loopback = isLoopback(set.HEADWAY_HOST ?? '127.0.0.1');
  problems.push(...missing(set, role, loopback, secrets.size > 0, sources));
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const value = parsed.data;
  return {
    ok: true,
    warnings: unknownNames(set),
    config: {
      role,
      host: value.HEADWAY_HOST,
      port: value.HEADWAY_PORT,
      loopback,
      dataDir: value.HEADWAY_DATA_DIR,
      workspaceDir: value.HEADWAY_WORKSPACE,
      timezone: value.HEADWAY_TIMEZONE,
      fiscalStartMonth: value.HEADWAY_FISCAL_START_MONTH,
      organisation: value.HEADWAY_ORGANISATION,
      surveyComments: value.HEADWAY_SURVEY_COMMENTS === 'on',
      secrets,
      prometheusTokens,
      tokens,
      kafkaBrokers: value.HEADWAY_KAFKA_BROKERS ?? null,
      clickhouseUrl: value.HEADWAY_CLICKHOUSE_URL ?? null,
      clickhouseCluster: value.HEADWAY_CLICKHOUSE_CLUSTER ?? null,
      logLevel: value.HEADWAY_LOG_LEVEL,
      rateLimit: value.HEADWAY_RATE_LIMIT ?? (loopback ? null : 30_000),
    },
  };
}

/** Name of the variable that holds the secrets of a source. */
export function secretVariable(source: string): string {
  return SECRET + source.toUpperCase().replaceAll(/[-/]/g, '_');
}

function readSecrets(set: Record<string, string | undefined>, sources: readonly string[], problems: ConfigProblem[]) {
  const secrets = new Map<string, readonly string[]>();
  const byVariable = new Map(sources.map((source) => [secretVariable(source), source]));
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith(SECRET) || value === undefined) continue;
    const source = byVariable.get(name);
    const values = value.split(',').map((part) => part.trim());
    if (source === undefined)
      problems.push({ name, problem: `names no source; there are ${[...byVariable.keys()].join(', ')}` });
    else if (values.some((secret) => secret === ''))
      problems.push({ name, problem: 'has an empty secret between its commas' });
    else secrets.set(source, values);
  }
  return secrets;
}

/** Name of the variable that holds the token for a DataSource of the SLO files. */
export function prometheusTokenVariable(dataSource: string): string {
  return PROMETHEUS_TOKEN + dataSource.toUpperCase().replaceAll(/[-.]/g, '_');
}

function readPrometheusTokens(set: Record<string, string | undefined>, problems: ConfigProblem[]) {
  const tokens = new Map<string, string>();
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith(PROMETHEUS_TOKEN) || value === undefined) continue;
    // What a header cannot carry would be told by the error that it makes.
    if (/^[\x21-\x7e]+$/.test(value)) tokens.set(name, value);
    else problems.push({ name, problem: 'holds blanks, line ends or letters that no token has' });
  }
  return tokens;
}

function readTokensFile(path: string | undefined, problems: ConfigProblem[]): readonly TokenRecord[] | null {
  if (path === undefined) return null;
  const result = readTokens(path);
  if (result.ok) return result.tokens;
  problems.push(...result.problems.map((problem) => ({ name: 'HEADWAY_TOKENS_FILE', problem })));
  return null;
}

function missing(
  set: Record<string, string | undefined>,
  role: Role,
  loopback: boolean,
  hasSecrets: boolean,
  sources: readonly string[],
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const needs = (name: string, why: string) => {
    if (!set[name]) problems.push({ name, problem: `must be set ${why}` });
  };
  const beyond = 'when HEADWAY_HOST is not a loopback address';
  if (!loopback) needs('HEADWAY_TOKENS_FILE', beyond);
  if (!loopback && !hasSecrets && (role === 'all' || role === 'gateway'))
    problems.push({
      name: `${SECRET}<SOURCE>`,
      problem: `must be set for at least one of ${sources.join(', ')} ${beyond}`,
    });
  if (role !== 'all') needs('HEADWAY_KAFKA_BROKERS', `for the role ${role}`);
  if (set.HEADWAY_CLICKHOUSE_CLUSTER) needs('HEADWAY_CLICKHOUSE_URL', 'with HEADWAY_CLICKHOUSE_CLUSTER');
  if (role === 'worker' || role === 'api') needs('HEADWAY_CLICKHOUSE_URL', `for the role ${role}`);
  return problems;
}

function unknownNames(set: Record<string, string | undefined>): ConfigProblem[] {
  return Object.keys(set)
    .filter((name) => !(name in settings.shape) && !/^HEADWAY_(SECRET|PROMETHEUS_TOKEN|TEST|REQUIRE)_/.test(name))
    .map((name) => ({ name, problem: 'is no setting of Headway and was not used' }));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The configuration for a log line: counts instead of secrets and tokens, addresses without user and password. */
export function printable(config: Config): Record<string, unknown> {
  const { secrets, prometheusTokens, tokens, clickhouseUrl, ...rest } = config;
  return {
    ...rest,
    clickhouseUrl: clickhouseUrl === null ? null : new URL(clickhouseUrl).host,
    secrets: Object.fromEntries([...secrets].map(([source, values]) => [source, `${values.length} set`])),
    prometheusTokens: [...prometheusTokens.keys()],
    tokens: tokens === null ? null : tokens.map((token) => token.name),
  };
}
