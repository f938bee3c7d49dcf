import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alertmanager } from '../../ingest/sources/alertmanager.ts';
import { startEmbedded } from '../api/start.ts';
import { skipsAlertmanager, startAlertmanager } from '../support/alertmanager.ts';

const SECRET = 'a-token-for-alertmanager';

/** The part of `alertmanager.yml` that the set-up steps give people. */
interface Settings {
  route: { routes: { receiver: string; group_wait: string; group_interval: string }[] };
  receivers: {
    name: string;
    webhook_configs?: { url: string; http_config: { authorization: { credentials_file: string } } }[];
  }[];
}

/** The documented settings, with their waits made short and their token in a folder of the test. */
function documented(hook: string, folder: string): object {
  const block = /```yaml\n([\s\S]*?)```/.exec(alertmanager.setup)?.[1] ?? '';
  const settings = parse(block.replaceAll('{url}', hook)) as Settings;
  const route = settings.route.routes[0]!;
  const receiver = settings.receivers.find(({ name }) => name === route.receiver)!;
  Object.assign(route, { group_wait: '100ms', group_interval: '1s' });
  const token = join(folder, 'token');
  writeFileSync(token, `${SECRET}\n`);
  receiver.webhook_configs![0]!.http_config.authorization.credentials_file = token;
  return { route: { receiver: 'nobody', ...settings.route }, receivers: [{ name: 'nobody' }, ...settings.receivers] };
}

/** Patient, for a machine that is busy with other tests: it takes a second or two where nothing else runs. */
const PATIENCE_MS = 90_000;

async function until<T>(what: string, output: () => string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`${what} was not seen; Alertmanager says:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(skipsAlertmanager())('a real Alertmanager, set up as the steps say', () => {
  it('fires and resolves one alert: one incident with the right times', { timeout: 3 * PATIENCE_MS }, async () => {
    const service = await startEmbedded({ HEADWAY_SECRET_ALERTMANAGER: SECRET });
    const prometheus = await startAlertmanager((folder) => documented(`${service.url}/hooks/alertmanager`, folder));
    try {
      const now = Date.now();
      const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();
      const labels = { alertname: 'TillDown', service: 'till', severity: 'critical' };
      const alert = {
        labels: { ...labels, headway: 'incident' },
        annotations: { summary: 'Till is down', description: 'caused-by: acme/till#12' },
        // As Prometheus does: nine digits, of which milliseconds are kept.
        startsAt: at(600).replace('Z', '456789Z'),
        generatorURL: 'http://prometheus.acme.example/graph',
      };
      const unlabelled = { ...alert, labels: { ...labels, alertname: 'TillSlow' } };

      const incidents = async () => {
        const range = `from=${at(86_400)}&to=${at(-60)}`;
        const answer = await fetch(`${service.url}/v1/metrics/ops.mttr/atoms?${range}`);
        // Busy, or not ready yet.
        if (answer.status === 503) return [];
        expect(answer.status).toBe(200);
        return ((await answer.json()) as { atoms: Record<string, unknown>[] }).atoms;
      };
      await prometheus.post([alert, unlabelled]);
      const open = await until('the alert that fires', prometheus.output, async () => {
        const atoms = await incidents();
        return atoms.length > 0 ? atoms : null;
      });
      expect(open).toMatchObject([{ at: at(600), value: null }]);

      // It goes on for a while, as Prometheus says again and again, and is then over.
      await prometheus.post([alert, unlabelled]);
      await prometheus.post([{ ...alert, endsAt: at(60) }, unlabelled]);
      const closed = await until('its end', prometheus.output, async () => {
        const atoms = await incidents();
        return atoms.some(({ value }) => value !== null) ? atoms : null;
      });
      expect(closed).toMatchObject([{ atom_id: open[0]?.atom_id, at: at(600), value: 9, excluded: null }]);
      expect(closed[0]).toMatchObject({ title: 'Till is down', severity: 'critical' });
    } finally {
      await prometheus.stop();
    }
  });
});
