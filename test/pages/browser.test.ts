import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overviewModel, renderOverview } from '../../dashboards/web/overview.ts';
import { renderStatus } from '../../dashboards/web/status.ts';
import { renderTrust, trustModel } from '../../dashboards/web/trust.ts';
import { madeUpPorts } from './organisation.ts';
import { madeUpStatus } from './promises.ts';

const CHROMIUM = '/usr/bin/chromium';
const isRequired = process.env.HEADWAY_REQUIRE_CHROMIUM === '1';
const isThere = existsSync(CHROMIUM);
if (!isThere && !isRequired) console.log(`pages in a browser: skipped, there is no ${CHROMIUM}`);

let browser: Browser | undefined;
const made: Record<string, string> = {};

beforeAll(async () => {
  if (!isThere && !isRequired) return;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  made.overview = renderOverview(await overviewModel(madeUpPorts(7), {}));
  made['own dates'] = renderOverview(await overviewModel(madeUpPorts(7), { range: 'own', tz: 'America/Los_Angeles' }));
  made['first visit'] = renderOverview(await overviewModel(madeUpPorts(7, { heardUntil: null }), {}));
  made.status = renderStatus(madeUpStatus());
  made.trust = renderTrust(await trustModel(madeUpPorts(7), {}));
});

afterAll(async () => {
  await browser?.close();
});

test.skipIf(!isThere && !isRequired)(
  'no page scrolls sideways at 320 px, complains, or asks for anything else',
  async () => {
    for (const [name, page] of Object.entries(made)) {
      for (const width of [320, 360, 768, 1280]) {
        const tab = await browser?.newPage({ viewport: { width, height: 800 } });
        if (!tab) throw new Error('there is no browser');
        const complaints: string[] = [];
        tab.on('console', (message) => complaints.push(message.text()));
        tab.on('pageerror', (error) => complaints.push(error.message));
        tab.on('request', (request) => {
          if (!request.url().startsWith('data:') && !request.url().startsWith('about:')) complaints.push(request.url());
        });
        await tab.setContent(page);
        // Every disclosure is opened: its tables must fit too.
        await tab.$$eval('details', (all) => {
          for (const each of all) each.setAttribute('open', '');
        });
        const reach = await tab.evaluate('document.documentElement.scrollWidth');
        expect(reach, `${name} at ${width} px`).toBeLessThanOrEqual(width);
        expect(complaints, `${name} at ${width} px`).toEqual([]);
        await tab.close();
      }
    }
  },
);

test.skipIf(!isThere && !isRequired)('controls are 44 px high on a phone, summaries 24 px anywhere', async () => {
  for (const [width, selector, least] of [
    [360, '.folded select, .folded input:not([type=date]), .folded button', 44],
    [1280, 'summary', 24],
  ] as const) {
    const tab = await browser?.newPage({ viewport: { width, height: 800 } });
    if (!tab) throw new Error('there is no browser');
    await tab.setContent(made.overview ?? '');
    await tab.$$eval('details', (all) => {
      for (const each of all) each.setAttribute('open', '');
    });
    const heights = await tab.$$eval(selector, (all) =>
      all.map(
        (each) => (each as unknown as { getBoundingClientRect(): { height: number } }).getBoundingClientRect().height,
      ),
    );
    const shown = heights.filter((height) => height > 0);
    expect(shown.length).toBeGreaterThan(4);
    expect(Math.min(...shown)).toBeGreaterThanOrEqual(least);
    await tab.close();
  }
});
