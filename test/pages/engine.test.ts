import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatInterval, formatValue, quantityOf } from '../../dashboards/web/numbers.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import { simulatedClock } from '../../services/demo/clock.ts';
import { startEmbedded } from '../api/start.ts';
import { random } from './random.ts';

const SEED = 31;
const NOW = '2026-06-30T12:00:00.000Z';
const DAY = 86_400_000;
let url = '';
const before: Record<string, string> = {};

const get = async (path: string) => {
  const response = await fetch(url + path);
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
};

/** Half a year of two teams: a deployment most days with one change, one in ten fails; nothing is heard for two weeks of April. */
function history(): object[] {
  const next = random(SEED);
  const events: object[] = [];
  const add = (type: string, id: string, time: number, data: object) =>
    events.push({ id, type, source: 'ship-it', occurred_at: new Date(time).toISOString(), data });
  const start = Date.parse('2026-01-05T00:00:00.000Z');
  for (const [service, team] of [
    ['checkout', 'Orders'],
    ['ledger', 'Money'],
  ] as const) {
    add('service.defined', `d-${service}`, start, { service_id: service, repository: `kestrel/${service}`, team });
    for (let day = 0; start + day * DAY < Date.parse(NOW) - DAY; day++) {
      const time = start + day * DAY + Math.floor(next() * 8 * 3_600_000);
      if (time >= Date.parse('2026-04-02') && time < Date.parse('2026-04-16')) continue;
      if (next() < 0.3) continue;
      const id = `${service}-${day}`;
      const revision = `${service === 'ledger' ? 'a' : 'b'}${day}`.padStart(40, '0');
      const merged = time - 3_600_000;
      add('change.merged', `m-${id}`, merged, {
        change_id: `kestrel/${service}#${day}`,
        repository: `kestrel/${service}`,
        merge_sha: revision,
        opened_at: new Date(merged - Math.floor(next() * 90 * 3_600_000)).toISOString(),
      });
      const outcome = next() < 0.1 ? 'failed_live' : 'succeeded';
      add('deployment.finished', `r-${id}`, time, {
        rollout_id: id,
        service_id: service,
        environment: 'production',
        revision,
        outcome,
        changes: [`kestrel/${service}#${day}`],
        planned: true,
      });
    }
  }
  add('source.silent', 'silent', Date.parse('2026-04-02T00:00:00.000Z'), { name: 'ship-it' });
  return events;
}

beforeAll(async () => {
  console.log(`pages on the real engine: seed ${SEED}`);
  const service = await startEmbedded({ HEADWAY_TIMEZONE: 'Europe/Berlin' }, simulatedClock(NOW));
  await service.ready;
  url = service.url;
  before.overview = (await get('/')).body;
  before.status = (await get('/status')).body;
  const sent = history();
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  });
  expect(response.status).toBe(202);
  const rollouts = sent.filter((event) => (event as { type: string }).type === 'deployment.finished');
  const succeeded = rollouts.filter((event) => JSON.stringify(event).includes('"succeeded"')).length;
  // Visible within seconds on a quiet machine; a busy one gets longer.
  for (let tries = 0; tries < 200; tries++) {
    const { totals } = await ask('dora.deployment_frequency', 'from=2026-01-01T00:00:00Z&to=2026-06-30T00:00:00Z');
    // A page is kept until the numbers have moved as a whole: settled, not only some of them.
    if (totals[0]?.count === succeeded) return service.settled();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the deployments did not become visible');
});

afterAll(() => {
  url = '';
});

let page: ReturnType<typeof get> | undefined;
/** The overview as it stands, asked for once. */
function overview(): ReturnType<typeof get> {
  page ??= get('/');
  return page;
}

async function ask(id: string, query: string): Promise<MetricAnswer> {
  const { status, body } = await get(`/v1/metrics/${id}?${query}`);
  expect(status, body).toBe(200);
  return JSON.parse(body) as MetricAnswer;
}

test('before the first delivery the pages say what to do', () => {
  expect(before.overview).toContain('Nothing has arrived yet.');
  expect(before.overview).toContain(`${url}/hooks/github`);
  expect(before.status).toContain('No promise is public yet.');
});

test('the overview shows what the API answers for the same window, with its interval', async () => {
  const { status, type, body } = await overview();
  expect(status).toBe(200);
  expect(type).toBe('text/html; charset=utf-8');
  expect(body.replace(/<[^>]+>/g, ' ')).not.toMatch(/\b(?:undefined|null|NaN|Infinity)\b/);
  const links = [...body.matchAll(/<div class="v"><a href="\/v1\/metrics\/([^"/]+)\/atoms\?([^"]+)">([^<]+)/g)];
  expect(links.map(([, id]) => id)).toEqual([
    'dora.change_lead_time',
    'dora.deployment_frequency',
    'dora.failed_deployment_recovery_time',
    'dora.change_fail_rate',
    'dora.deployment_rework_rate',
  ]);
  for (const [, id = '', escaped = '', shown = ''] of links) {
    const query = escaped.replaceAll('&amp;', '&');
    const row = (await ask(id, query)).totals[0];
    expect(row?.value, id).not.toBeNull();
    const quantity = quantityOf(row?.unit ?? '');
    expect(formatValue(quantity, row?.value ?? 0, row?.value ?? 0, row?.n ?? 0), id).toContain(shown.trim());
    expect(body, id).toContain(formatInterval(quantity, row?.value ?? 0, row?.ci ?? null, row?.n ?? 0));
    const atoms = await get(`/v1/metrics/${id}/atoms?${query}`);
    expect(atoms.status, id).toBe(200);
    expect((JSON.parse(atoms.body) as { atoms: unknown[] }).atoms.length, id).toBeGreaterThan(0);
  }
});

test('weeks in which nothing was heard are a gap in every line', async () => {
  const { body } = await overview();
  expect(body).toMatch(/Change lead time, 27 weeks\.[^<]*; \d weeks without a value/);
  const spark = /<svg [^>]*><title[^>]*>Deployment frequency, 27 weeks[\s\S]*?<\/svg>/.exec(body)?.[0] ?? '';
  expect(
    spark.match(/<path d="M[^"Z]*" fill="none" stroke="var\(--s1\)" stroke-width="1.5" stroke-linejoin="round"\/>/g),
  ).toHaveLength(2);
});

test('teams stand by name with links that filter, and the filter shows their services', async () => {
  const { body } = await overview();
  const teams = [...body.matchAll(/<th scope="row"><a class="bare" href="([^"]+)">([^<]+)/g)];
  expect(teams.map(([, , name]) => name)).toEqual(['Money', 'Orders']);
  const money = await get((teams[0]?.[1] ?? '').replaceAll('&amp;', '&'));
  expect(money.body).toContain('How is it in each service of Money?');
  expect([...money.body.matchAll(/<th scope="row"><a class="bare"[^>]*>([^<]+)/g)].map(([, name]) => name)).toEqual([
    'ledger',
  ]);
});

test('every link to a row’s event and to the data leads somewhere', async () => {
  const { body } = await overview();
  const events = [...new Set([...body.matchAll(/href="(\/v1\/events\/[^"]+)"/g)].map(([, href]) => href ?? ''))];
  expect(events.length).toBeGreaterThan(20);
  for (const href of events.slice(0, 10)) expect((await get(href)).status, href).toBe(200);
  const data = [
    ...new Set(
      [...body.matchAll(/href="(\/(?:v1\/metrics|docs)[^"]*)"/g)].map(([, href]) =>
        (href ?? '').replaceAll('&amp;', '&'),
      ),
    ),
  ];
  for (const href of data) expect((await get(href)).status, href).toBe(200);
});

test('wrong parameters are named on the page, hostile ones do nothing', async () => {
  for (const query of [
    'range=x&tz=y&as_of=z&against=w&team=Nobody',
    'team=%27%3B+DROP+TABLE+events%3B--',
    'service=%3Cscript%3E',
    'as_of=2026-03-01&service=ledger&against=none',
  ]) {
    const { status, body } = await get(`/?${query}`);
    expect(status, query).toBe(200);
    expect(body).not.toContain('<script');
    expect(body.match(/<h1[ >]/g)).toHaveLength(1);
  }
});
