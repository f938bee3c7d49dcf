// Sends Headway what Backstage's catalog says of owners, and how runs of software templates end.
// Copy into packages/backend/src and add `backend.add(headwayPlugin)`. Needs `headway.url`, `headway.token` and
// `headway.salt` in app-config.yaml, as Headway's /docs says.
import { createHash } from 'node:crypto';
import { coreServices, createBackendPlugin } from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';

const PAGE = 200;

export const headwayPlugin = createBackendPlugin({
  pluginId: 'headway',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({ auth, catalog, config, discovery, logger, scheduler }) {
        const salt = config.getString('headway.salt');
        const token = config.getString('headway.token');
        const target = config.getString('headway.url');

        const post = async (body: object): Promise<void> => {
          const response = await fetch(target, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-headway-token': token },
            body: JSON.stringify(body),
          });
          if (!response.ok) throw new Error(`Headway answered ${response.status}`);
          const { rejected } = (await response.json()) as { rejected?: string };
          if (rejected) logger.warn(`Headway could not read it: ${rejected}`);
        };

        // What was sent, by entity: only what has changed since is sent again. After a restart everything is, once.
        const sent = new Map<string, string>();
        const sendEntities = async (): Promise<void> => {
          const credentials = await auth.getOwnServiceCredentials();
          let cursor: string | undefined;
          do {
            const query = cursor
              ? { cursor, limit: PAGE }
              : {
                  filter: { kind: ['Component', 'Group'] },
                  fields: ['kind', 'apiVersion', 'metadata', 'spec'],
                  limit: PAGE,
                };
            const page = await catalog.queryEntities(query, { credentials });
            const changed = page.items.flatMap(({ kind, apiVersion, metadata, spec }) => {
              const { etag: _etag, uid: _uid, ...rest } = metadata;
              const entity = { apiVersion, kind, metadata: rest, spec };
              const ref = `${kind}:${metadata.namespace}/${metadata.name}`;
              const hash = createHash('sha256').update(JSON.stringify(entity)).digest('hex');
              return sent.get(ref) === hash ? [] : [{ ref, hash, entity }];
            });
            if (changed.length > 0) {
              await post({ observed_at: new Date().toISOString(), entities: changed.map(({ entity }) => entity) });
              for (const { ref, hash } of changed) sent.set(ref, hash);
            }
            cursor = page.pageInfo.nextCursor;
          } while (cursor);
        };

        const pseudonym = (ref: string): string =>
          `user-${createHash('sha256').update(`${salt}\n${ref.toLowerCase()}`).digest('hex').slice(0, 16)}`;
        const told = new Map<string, string>();
        const sendTasks = async (): Promise<void> => {
          const { token: own } = await auth.getPluginRequestToken({
            onBehalfOf: await auth.getOwnServiceCredentials(),
            targetPluginId: 'scaffolder',
          });
          const address = `${await discovery.getBaseUrl('scaffolder')}/v2/tasks?limit=${PAGE}&order=desc:created_at`;
          const response = await fetch(address, { headers: { authorization: `Bearer ${own}` } });
          if (!response.ok) throw new Error(`the scaffolder answered ${response.status}`);
          const { tasks } = (await response.json()) as { tasks: ScaffolderTask[] };
          const changed = tasks.filter(({ id, status }) => told.get(id) !== status);
          if (changed.length === 0) return;
          await post({
            tasks: changed.map(({ id, status, spec, createdBy, createdAt, lastHeartbeatAt }) => {
              return {
                id,
                status,
                template: spec.templateInfo?.entityRef ?? 'unknown',
                principal: pseudonym(spec.user?.ref ?? createdBy ?? 'unknown'),
                created_at: createdAt,
                // The last sign of life: within seconds of the end.
                finished_at: lastHeartbeatAt ?? createdAt,
              };
            }),
          });
          for (const { id, status } of changed) told.set(id, status);
        };

        const every = (minutes: number, id: string, fn: () => Promise<void>) =>
          // Local: each instance remembers by itself what it has sent, and repeats change nothing.
          scheduler.scheduleTask({ id, frequency: { minutes }, timeout: { minutes: 5 }, scope: 'local', fn });
        await every(10, 'headway-entities', sendEntities);
        await every(1, 'headway-tasks', sendTasks);
      },
    });
  },
});

interface ScaffolderTask {
  id: string;
  status: string;
  createdAt: string;
  lastHeartbeatAt?: string;
  createdBy?: string;
  spec: { templateInfo?: { entityRef?: string }; user?: { ref?: string } };
}
