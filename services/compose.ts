import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { pages } from '../dashboards/web/pages.ts';
import type { Replacing } from '../ingest/erase/replace.ts';
import type { Clock, Store } from '../ingest/ports.ts';
import { makeRecentIds, type ReceiveDeps } from '../ingest/receive.ts';
import { type FindSource, finderOf } from '../ingest/sources/registry.ts';
import type { Source } from '../ingest/sources/source.ts';
import type { Workspace } from '../ingest/workspace/workspace.ts';
import { type Atoms, openAtoms } from '../queries/atoms/atoms.ts';
import { metrics } from '../queries/metrics/registry.ts';
import { type Backbone, openBackbone } from './backbone.ts';
import { forgetPositions, preparePositions } from './checkpoint.ts';
import { CommandFailed } from './commands/failure.ts';
import { type Config, variables } from './config.ts';
import { namesErased } from './erasing/arriving.ts';
import { showDelivery } from './facts.ts';
import { type Following, startFollowing } from './following.ts';
import { newDeliveryId } from './identity.ts';
import { keepPages } from './kept-pages.ts';
import { type MakeParquet, parquetMaker } from './parquet.ts';
import type { Pulling } from './prometheus/pulling.ts';
import { pullSlos } from './prometheus/start.ts';
import { publishedMetrics } from './published.ts';
import { publishing } from './publishing.ts';
import { openReading, type Reading } from './reading.ts';
import { rebuild, replayDeliveries } from './rebuilding.ts';
import { adminRoutes } from './routes/admin.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { documentRoutes } from './routes/documents.ts';
import { factRoutes } from './routes/facts.ts';
import { healthRoutes } from './routes/health.ts';
import { intakeRoutes } from './routes/intake.ts';
import { metricRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/pages.ts';
import { planningRoutes } from './routes/planning.ts';
import { surveyRoutes } from './routes/surveys.ts';
import { buildServer } from './server.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';
import { startSpooling } from './spooling.ts';
import { type Standing, watchStanding } from './standing.ts';
import { createTelemetry, type Telemetry, timeRequests } from './telemetry.ts';
import { loadWorkspace } from './workspace/load.ts';
import { stateWorkspace } from './workspace/publish.ts';
import { sourcesWith } from './workspace/sources.ts';

/** A service that runs. */
export interface RunningService {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly app: FastifyInstance;
  /** Resolves once it has caught up with the log as of its start and the workspace is loaded. */
  readonly ready: Promise<void>;
  /** Resolves once everything that the log has by now is counted. */
  settled(): Promise<void>;
  /** Makes ready what the first event would wait for, once nothing else is to be done. */
  warm(): Promise<void>;
  /** Stops taking requests, finishes those under way, writes what is in hand and closes everything, in reverse. */
  stop(): Promise<void>;
}

export interface ComposeDeps {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
}

const REMEMBERED_IDS = 200_000;

/** Starts the parts of the configured role in order. If one cannot start, those before it are stopped and the reason is thrown. */
export async function startService(config: Config, deps: ComposeDeps): Promise<RunningService> {
  const { logger } = deps;
  const shutdown = createShutdown();
  const stop = async () => {
    for (const { name, error } of await shutdown.run()) logger.error({ err: error }, `${name} did not stop cleanly`);
  };
  try {
    const workspace = await readWorkspaceFolder(config);
    const sources = sourcesWith(workspace);
    const telemetry = createTelemetry();
    const backbone = await openBackbone(config, { ...deps, shutdown });
    const erased = namesErased(config.dataDir, backbone.kafka);
    const reading = await startReading(config, deps, { backbone, telemetry, workspace, sources, erased, shutdown });
    const app = await buildServer({
      tokens: config.tokens,
      rateLimit: config.rateLimit,
      logger,
      ...(reading ? { staleSince: reading.standing.staleSince, makeParquet: reading.makeParquet } : {}),
      routes: (server) =>
        registerRoutes(server, { config, deps, sources, backbone, erased, telemetry, reading, shutdown }),
    });
    shutdown.add('server', () => app.close());
    const url = await app.listen({ host: config.host, port: config.port });
    return {
      url,
      app,
      ready: reading?.ready ?? Promise.resolve(),
      settled: async () => reading?.following?.settled(),
      async warm() {
        await reading?.ready;
        if (reading?.following) await reading.atoms.warm();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface ReadSide {
  readonly atoms: Atoms;
  readonly store: Store;
  readonly reading: Reading;
  readonly standing: Standing;
  readonly makeParquet: MakeParquet;
  /** Absent in a process that only answers: others take the log into the store. */
  readonly following: Following | null;
  /** Likewise; the same process pulls what SLOs count in Prometheus. */
  readonly pulling: Pulling | null;
  /** Resolves once everything known at the start is counted. */
  readonly ready: Promise<void>;
  readonly waitingFor: () => Promise<string[]>;
}

async function startReading(
  config: Config,
  deps: ComposeDeps,
  parts: {
    backbone: Backbone;
    telemetry: Telemetry;
    workspace: Workspace;
    sources: readonly Source[];
    erased: () => Replacing | null;
    shutdown: Shutdown;
  },
): Promise<ReadSide | null> {
  const { backbone, telemetry, workspace, sources, erased, shutdown } = parts;
  const { store, log } = backbone;
  if (store === null) return null;
  const scratch = scratchName(config.role);
  const atoms = openAtoms(store, scratch, config.clickhouseUrl === null);
  shutdown.add('atoms', () => atoms.close());
  await atoms.prepare();
  await preparePositions(store);
  const follows = config.role !== 'api';
  if (follows) await atoms.upgrade(() => forgetPositions(store));
  const following = follows ? startFollowing({ ...backbone, store, atoms, telemetry, logger: deps.logger }) : null;
  if (following) shutdown.add('follower', () => following.stop());
  let published = following === null;
  const ready = (async () => {
    if (following === null) return;
    await following.ready;
    await stateWorkspace(workspace, { ...deps, store, log, erased: erased() });
    published = true;
  })();
  ready.catch((error: unknown) => deps.logger.error({ err: error }, 'the workspace could not be published'));
  const pulling = following && pullSlos({ workspace, tokens: config.prometheusTokens, store, log, ...deps, ready });
  if (pulling) shutdown.add('pulling', () => pulling.stop());
  const standing = watchStanding({ store, log, clock: deps.clock });
  shutdown.add('standing', () => standing.stop());
  const reading = openReading({
    store,
    withAtoms: atoms.withAtoms,
    clock: deps.clock,
    reportingZone: config.timezone,
    fiscalStartMonth: config.fiscalStartMonth,
    organisation: config.organisation,
    takesComments: config.surveyComments,
    sources,
    defaults: () => workspace.metricOptions,
    staleSince: standing.staleSince,
    publish: publishing({ store, log }),
    ...(pulling ? { pullProblem: pulling.problemOf } : {}),
  });
  return {
    atoms,
    store,
    reading,
    standing,
    makeParquet: parquetMaker(store, `fold_${scratch}`),
    following,
    pulling,
    ready,
    async waitingFor() {
      const waiting: string[] = [];
      if (following && !following.caughtUp()) waiting.push('the store to catch up with the log');
      else if (!published) waiting.push('the workspace to be loaded');
      if (!(await answersNow(store))) waiting.push('the store to answer');
      return waiting;
    },
  };
}

/** The workspace of the configuration; fails with every problem of it. */
export async function readWorkspaceFolder(config: Config): Promise<Workspace> {
  const loaded = await loadWorkspace({ dir: config.workspaceDir, timezone: config.timezone });
  if (loaded.ok) return loaded.workspace;
  const lines = loaded.problems.map(({ file, line, message }) => `  ${file}:${line} ${message}`);
  throw new CommandFailed(`The workspace in ${config.workspaceDir} cannot be used:\n${lines.join('\n')}`);
}

async function answersNow(store: Store): Promise<boolean> {
  return store.query('SELECT 1').then(
    () => true,
    () => false,
  );
}

/** A name for the scratch tables of this process that no other has, alive or killed: letters, digits, underscores. */
function scratchName(role: string): string {
  return `${role}_${newDeliveryId().replaceAll('-', '_')}`;
}

interface RouteParts {
  readonly config: Config;
  readonly deps: ComposeDeps;
  /** Every sender that has a hook. */
  readonly sources: readonly Source[];
  readonly backbone: Backbone;
  /** Names to take out of what arrives. */
  readonly erased: () => Replacing | null;
  readonly telemetry: Telemetry;
  readonly reading: ReadSide | null;
  readonly shutdown: Shutdown;
}

function registerRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { config, deps, sources, backbone, erased, telemetry, reading } = parts;
  const { log, spool } = backbone;
  const { surveyComments: takesComments } = config;
  const findSource = finderOf(sources);
  const sourceNames = sources.map(({ name }) => name);
  timeRequests(app, telemetry.registry);
  const { following, pulling } = reading ?? {};
  telemetry.observe({
    ...(following ? { lag: () => following.lag(), behind: () => following.behind() } : {}),
    ...(pulling ? { pulled: pulling.standing } : {}),
    ...(spool ? { spooled: () => spool.size() } : {}),
    ...(reading ? { published: publishedMetrics(reading.reading.published, () => performance.now() / 1000) } : {}),
  });
  healthRoutes(app, { registry: telemetry.registry, waitingFor: reading?.waitingFor ?? (async () => []) });
  if (config.role === 'all' || config.role === 'gateway') {
    const receiving = { ...receivingDeps(config, deps, backbone, findSource), erased };
    if (spool)
      parts.shutdown.add(
        'spool forwarding',
        startSpooling(spool, { log, findSource, erased, takesComments }, deps.logger),
      );
    intakeRoutes(app, { receiving, telemetry, sourceNames });
  }
  if (reading && config.role !== 'worker') {
    const { store, atoms } = reading;
    metricRoutes(app, reading.reading.metrics);
    surveyRoutes(app, reading.reading.comments, () => deps.clock.now());
    factRoutes(app, {
      store,
      withAtoms: atoms.withAtoms,
      log,
      showDelivery: (value) => showDelivery(value, findSource),
      now: () => deps.clock.now(),
    });
    doctorRoutes(app, reading.reading.findings);
    planningRoutes(app, reading.reading.judging, () => deps.clock.now());
    const { standing } = reading;
    pageRoutes(app, pages, reading.reading.pages, {
      pages: keepPages({
        now: () => Date.parse(deps.clock.now()),
        onFailure: (error) => deps.logger.warn({ err: error }, 'a page could not be made anew'),
      }),
      position: async () => `${await standing.position()} ${standing.staleSince() ?? ''}`,
    });
    if (following)
      adminRoutes(app, {
        rebuild: (onProgress) => following.pausedFor(() => rebuild({ log, store, atoms }, onProgress)),
        replay: (choice, onProgress) => replayDeliveries({ log, findSource, takesComments }, choice, onProgress),
        sourceNames,
      });
  }
  documentRoutes(app, (baseUrl) => ({ metrics, sources, settings: variables, baseUrl }));
}

function receivingDeps(
  config: Config,
  { clock }: ComposeDeps,
  { log, spool }: Backbone,
  findSource: FindSource,
): ReceiveDeps {
  return {
    log,
    clock,
    findSource,
    takesComments: config.surveyComments,
    recent: makeRecentIds(REMEMBERED_IDS),
    newDeliveryId,
    secretsOf: (source) => config.secrets.get(source) ?? [],
    allowUnsigned: config.loopback,
    spool: spool === null ? undefined : { put: (_delivery, record) => spool.put(record) },
  };
}
