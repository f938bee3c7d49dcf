import { createLogger } from '../../services/logger.ts';
import { openReading, type Reading, type ReadingDeps } from '../../services/reading.ts';
import { metricRoutes } from '../../services/routes/metrics.ts';
import { buildServer } from '../../services/server.ts';
import { type Ledger, openLedger } from './ledger.ts';

type Server = Awaited<ReturnType<typeof buildServer>>;

/** A store and the API over it, as a browser would ask it; no tokens, no limit of requests. */
export interface OpenApi {
  readonly ledger: Ledger;
  readonly app: Server;
  readonly reading: Reading;
  close(): Promise<void>;
}

export interface ApiParts {
  readonly now: () => string;
  /** The routes to ask; those of metrics unless stated. */
  readonly routes?: (server: Server, reading: Reading) => void | Promise<void>;
  readonly reading?: (ledger: Ledger) => Partial<ReadingDeps>;
}

/** Opens the real store in a directory of its own, and the API over it. */
export async function openApi({ now, routes, reading: more }: ApiParts): Promise<OpenApi> {
  const ledger = await openLedger();
  const reading = openReading({
    store: ledger.store,
    withAtoms: ledger.atoms.withAtoms,
    clock: { now },
    reportingZone: 'UTC',
    fiscalStartMonth: 1,
    organisation: 'Examples',
    sources: [],
    defaults: () => ({}),
    staleSince: () => null,
    ...more?.(ledger),
  });
  const app = await buildServer({
    tokens: null,
    rateLimit: null,
    logger: createLogger('error'),
    routes: (server) => (routes ? routes(server, reading) : metricRoutes(server, reading.metrics)),
  });
  return {
    ledger,
    app,
    reading,
    async close() {
      await app.close();
      await ledger.close();
    },
  };
}
