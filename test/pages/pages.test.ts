import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { overviewModel, renderOverview } from '../../dashboards/web/overview.ts';
import type { PageContext, PagePorts } from '../../dashboards/web/page.ts';
import { builtPlaces, pages } from '../../dashboards/web/pages.ts';
import { renderStatus } from '../../dashboards/web/status.ts';
import { renderTrust, trustModel } from '../../dashboards/web/trust.ts';
import { madeUpPorts, TEAMS } from './organisation.ts';
import { madeUpStatus } from './promises.ts';

const SEED = 7;
console.log(`made-up organisation: seed ${SEED}`);

const overview = async (params: Record<string, string>, context: Partial<PageContext> = {}, ports?: PagePorts) =>
  renderOverview(await overviewModel(ports ?? madeUpPorts(SEED, context), params));

const made: Record<string, string> = {};
beforeAll(async () => {
  made.overview = await overview({});
  made['one team, 28 days'] = await overview({ range: '28d', team: 'Mobile' });
  made['one service, as of the past'] = await overview({ as_of: '2025-10-08', against: 'none', service: 'data-api' });
  made['own dates, stale'] = await overview(
    { range: 'own', first_day: '2025-07-10', last_day: '2025-07-30', as_of: 'soon' },
    { staleSince: '2025-11-21T07:41:00.000Z' },
  );
  made['first visit'] = await overview({}, { heardUntil: null, teams: [], services: [] });
  made['empty selection'] = await overview({ team: 'Nobody' });
  made.trust = renderTrust(await trustModel(madeUpPorts(SEED), {}));
  made.status = renderStatus(madeUpStatus());
  made['status, nothing public'] = renderStatus({ ...madeUpStatus(), slos: [] });
});

const names = [
  'overview',
  'one team, 28 days',
  'one service, as of the past',
  'own dates, stale',
  'first visit',
  'empty selection',
  'trust',
  'status',
  'status, nothing public',
];

const text = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe.each(names)('%s', (name) => {
  const page = () => made[name] ?? '';

  test('is one well-formed document with one h1, landmarks and ordered headings', () => {
    expect(page().match(/<h1[ >]/g)).toHaveLength(1);
    expect(page()).toMatch(/^<!doctype html>\n<html lang="en">/);
    for (const landmark of ['<header', '<main', '<footer']) expect(page()).toContain(landmark);
    expect(page()).toContain('<a class="skip" href="#main">');
    expect(unclosed(page())).toEqual([]);
    const levels = [...page().matchAll(/<h([1-6])[ >]/g)].map((match) => Number(match[1]));
    levels.reduce((before, level) => {
      expect(level - before, `h${before} to h${level}`).toBeLessThanOrEqual(1);
      return level;
    }, 0);
  });

  test('has no script, no outside resource and no repeated id', () => {
    expect(page()).not.toMatch(/<script|javascript:|<link [^>]*href="(?!data:)|<img|@import|url\((?!#)/);
    const ids = [...page().matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('labels every control, picture and table', () => {
    for (const [control] of page().matchAll(/<(?:select|input)\b[^>]*>/g)) {
      expect(page(), control).toContain(control);
      const before = page().slice(0, page().indexOf(control));
      expect(before.lastIndexOf('<label'), control).toBeGreaterThan(before.lastIndexOf('</label>'));
    }
    for (const [svg] of page().matchAll(/<svg\b[^>]*>(?:<title[^>]*>[^<]*<\/title>)?/g)) {
      if (svg.includes('aria-hidden')) continue;
      const id = /aria-labelledby="([^"]+)"/.exec(svg)?.[1];
      expect(svg).toMatch(new RegExp(`role="img".*<title id="${id}">[^<]{10,}</title>`));
    }
    for (const [cell] of page().matchAll(/<th\b[^>]*>/g)) expect(cell).toContain('scope=');
  });

  test('says nothing that is not meant for people', () => {
    expect(text(page())).not.toMatch(/\b(?:undefined|null|NaN|Infinity|\[object)\b/);
    expect(page()).not.toMatch(/(?:d|x|y|cx|cy|width|height)="[^"]*(?:NaN|undefined|Infinity)/);
    expect(text(page())).not.toMatch(/\d-\d+(?:\.\d+)? %| -\d/);
  });

  test('keeps to its weight', () => {
    expect(page().length).toBeLessThan(300_000);
    expect(gzipSync(page()).length).toBeLessThan(60_000);
    const css = /<style>([\s\S]*?)<\/style>/.exec(page())?.[1] ?? '';
    expect(css.length).toBeGreaterThan(5000);
    expect(css.length).toBeLessThan(14_000);
    for (const [svg] of page().matchAll(/<svg\b[\s\S]*?<\/svg>/g)) expect(svg.length).toBeLessThan(15_000);
  });
});

/** Elements that are opened and not closed, or closed in the wrong order. */
function unclosed(page: string): string[] {
  const open: string[] = [];
  const lone = new Set(['meta', 'link', 'input', 'br', 'path', 'circle', 'rect']);
  for (const [, slash, tag = '', rest = ''] of page.matchAll(/<(\/?)([a-z0-9]+)\b([^>]*)>/gi)) {
    if (lone.has(tag) || rest.endsWith('/')) continue;
    if (slash !== '/') open.push(tag);
    else if (open.pop() !== tag) return [`</${tag}>`];
  }
  return open;
}

test('the same answers give the same bytes', async () => {
  expect(await overview({})).toBe(made.overview);
  expect(renderStatus(madeUpStatus())).toBe(made.status);
});

test('every key links its number to its rows, teams are in the order of their names', () => {
  const page = made.overview ?? '';
  for (const id of [
    'change_lead_time',
    'deployment_frequency',
    'failed_deployment_recovery_time',
    'change_fail_rate',
    'deployment_rework_rate',
  ]) {
    expect(page).toMatch(
      new RegExp(`<a href="/v1/metrics/dora\\.${id}/atoms\\?from=[^"]+&amp;to=[^"]+&amp;tz=Europe%2FBerlin">`),
    );
    expect(page).toContain(`/v1/metrics/dora.${id}/atoms?`);
  }
  const teams = [...page.matchAll(/<th scope="row"><a class="bare" href="[^"]*team=([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect(teams).toEqual([...TEAMS]);
});

test('what comes from outside is escaped wherever it stands', async () => {
  const evil = '<img src=x onerror=alert(1)>"\'&';
  const ports = madeUpPorts(SEED, { organisation: evil, teams: [evil, ...TEAMS], services: [evil], baseUrl: evil });
  const replaced: PagePorts = {
    ...ports,
    ask: async (id, params) => {
      const answer = await ports.ask(id, params);
      const rename = <T extends object>(row: T): T => ({ ...row, ...('team' in row ? { team: evil } : {}) });
      return {
        ...answer,
        options: { [evil]: evil },
        totals: answer.totals.map(rename),
        series: answer.series.map(rename),
      };
    },
    askAtoms: async (id, params) => {
      const { atoms, next } = await ports.askAtoms(id, params);
      return {
        atoms: atoms.slice(0, 30).map((row) => ({
          ...row,
          service: evil,
          change_id: evil,
          rollout_id: evil,
          atom_id: evil,
          event_ids: [evil],
          excluded: row.value === 1 ? evil : null,
        })),
        next,
      };
    },
  };
  for (const params of [
    {},
    { team: evil },
    { service: evil, range: evil, as_of: evil, tz: evil },
    { team: `${evil}2` },
  ]) {
    const page = await overview(params, {}, replaced);
    expect(page).not.toContain('<img');
    expect(page.match(/<h1[ >]/g)).toHaveLength(1);
    expect(unclosed(page)).toEqual([]);
  }
  const status = madeUpStatus();
  const slos = status.slos.map((slo, index) => ({ ...slo, id: `${evil}${index}`, title: evil, description: evil }));
  expect(renderStatus({ ...status, organisation: evil, slos })).not.toContain('<img');
});

test('states have their exact words', () => {
  expect(text(made['first visit'] ?? '')).toContain(
    'Nothing has arrived yet. Point a webhook at /hooks/github , or import a repository.',
  );
  expect(text(made['first visit'] ?? '')).toContain('npm run headway -- import git');
  expect(text(made['empty selection'] ?? '')).toContain('No service matches team Nobody.');
  expect(made['empty selection']).toContain('>Clear the filters</a>');
  expect(text(made['own dates, stale'] ?? '')).toContain(
    'Numbers as of 08:41. Newer events are stored and not yet counted.',
  );
  expect(text(made['own dates, stale'] ?? '')).toContain('Not understood: as of “soon”');
  expect(text(made['own dates, stale'] ?? '')).toMatch(/no data: \d+ % of the window covered, 80 % needed/);
  expect(text(made['one service, as of the past'] ?? '')).toContain('As known on 8 Oct 2025.');
  expect(text(made.status ?? '')).toContain('Everything measured is working now. One promise of six is broken.');
  expect(text(made['status, nothing public'] ?? '')).toContain('No promise is public yet.');
});

test('only promises marked public are shown', () => {
  const status = madeUpStatus();
  const hidden = { ...status, slos: status.slos.map((slo) => ({ ...slo, public: slo.id !== 'registry' })) };
  expect(renderStatus(hidden)).not.toContain('Artifact registry</h2>');
  expect(renderStatus(hidden)).toContain('Every promise that can be told is kept.');
});

test('every declared page has a route of its own and its place in the bar', async () => {
  expect(new Set(pages.map((page) => page.path)).size).toBe(pages.length);
  const bar = /<nav class="across"[\s\S]*?<\/nav>/.exec(made.overview ?? '')?.[0] ?? '';
  for (const place of builtPlaces()) expect(bar).toContain(`>${place}</a>`);
  for (const page of pages) {
    const rendered = page.render(await page.load(madeUpPorts(SEED), {}));
    expect(rendered).toMatch(/^<!doctype html>/);
  }
});

test('many teams leave out the lines, not the weight limit; the rest is said', async () => {
  const ports = madeUpPorts(SEED);
  const crowded: PagePorts = {
    ...ports,
    ask: async (id, params) => {
      const answer = await ports.ask(id, params);
      const multiply = <T extends object>(rows: readonly T[]): T[] =>
        rows.flatMap((row) =>
          'team' in row ? Array.from({ length: 9 }, (_, copy) => ({ ...row, team: `${row.team} ${copy}` })) : [row],
        );
      return { ...answer, totals: multiply(answer.totals), series: multiply(answer.series) };
    },
  };
  const page = await overview({}, {}, crowded);
  expect(page.length).toBeLessThan(300_000);
  expect(gzipSync(page).length).toBeLessThan(60_000);
  expect(text(page)).toContain('These are the first 60 of 72');
  expect(page).not.toContain('A line shows 27 weeks');
});

test('options that differ from the declared default stand in the footer', async () => {
  const ports = madeUpPorts(SEED);
  const heuristic: PagePorts = {
    ...ports,
    ask: async (id, params) => ({
      ...(await ports.ask(id, params)),
      options: { link: 'previous_deploy', ownership: 'then' },
    }),
  };
  const footer = (page: string) => text(page.slice(page.indexOf('<footer')));
  expect(footer(await overview({}, {}, heuristic))).toContain(
    'Change fail rate: heuristic, each incident counted to the deployment before it',
  );
  expect(footer(made.overview ?? '')).not.toMatch(/heuristic|ownership|link/);
});

test('trust says how much needs attention and was assumed, the worst first, each with its file and lines', async () => {
  const page = made.trust ?? '';
  expect(page).toContain('<h1>One thing needs attention.<br>Two things were assumed.</h1>');
  const places = ['What needs attention?', 'What was assumed?', 'What is as it should be?'].map((h) => page.indexOf(h));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
  expect(page).toContain(
    'In <code>metrics.yaml</code>:</p><pre tabindex="0">dora.change_fail_rate:\n  link: previous_deploy</pre>',
  );
  expect(page).toContain('41 rollouts to &lt;staging &amp; demo&gt; count nowhere');
  const ports = { ...madeUpPorts(SEED, { heardUntil: null }), findings: async () => [] };
  const quiet = renderTrust(await trustModel(ports, {}));
  expect(quiet).toContain('<h1>Nothing needs attention.<br>Nothing was assumed.</h1>');
  expect(quiet).toContain('Nothing has been heard yet.');
  expect(quiet).not.toContain('What was assumed?');
});
