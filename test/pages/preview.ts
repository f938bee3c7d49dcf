/**
 * Writes the pages with made-up answers to a folder of the system's temporary directory, to be looked at in a browser:
 * `npx tsx test/pages/preview.ts`. With `--shots` it takes pictures of them in Chromium too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { overviewModel, renderOverview } from '../../dashboards/web/overview.ts';
import type { PageContext } from '../../dashboards/web/page.ts';
import { renderStatus } from '../../dashboards/web/status.ts';
import { renderTrust, trustModel } from '../../dashboards/web/trust.ts';
import { madeUpPorts } from './organisation.ts';
import { madeUpStatus } from './promises.ts';

const folder = join(tmpdir(), 'headway-pages');
mkdirSync(folder, { recursive: true });

async function overview(
  name: string,
  params: Record<string, string>,
  context: Partial<PageContext> = {},
): Promise<string> {
  const began = performance.now();
  const model = await overviewModel(madeUpPorts(7, context), params);
  const asked = performance.now();
  const page = renderOverview(model);
  const file = join(folder, `${name}.html`);
  writeFileSync(file, page);
  console.log(
    `${file} ${(page.length / 1000).toFixed(0)} kB, asked ${(asked - began).toFixed(0)} ms, rendered ${(performance.now() - asked).toFixed(0)} ms`,
  );
  return file;
}

function write(name: string, page: string): string {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, page);
  console.log(`${file} ${(page.length / 1000).toFixed(0)} kB`);
  return file;
}

const files = [
  await overview('overview', {}),
  await overview('overview-28d', { range: '28d', team: 'Mobile' }),
  await overview('overview-as-of', {
    as_of: '2025-10-08',
    against: 'none',
    tz: 'UTC',
    range: 'own',
    first_day: '2025-09-01',
    last_day: '2025-09-30',
    service: 'data-api',
  }),
  await overview('overview-stale', { as_of: 'nonsense' }, { staleSince: '2025-11-21T07:41:00.000Z' }),
  await overview('first-visit', {}, { heardUntil: null, teams: [], services: [] }),
  await overview('empty-selection', { team: 'Nobody' }),
  write('trust', renderTrust(await trustModel(madeUpPorts(7), {}))),
  write('status', renderStatus(madeUpStatus())),
  write('status-empty', renderStatus({ ...madeUpStatus(), slos: [] })),
];

if (process.argv.includes('--shots')) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
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
  try {
    const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
    for (const file of files.filter(
      (each) => only.length === 0 || only.some((name) => each.endsWith(`/${name}.html`)),
    )) {
      for (const [width, scheme] of [
        [1280, 'light'],
        [1280, 'dark'],
        [768, 'light'],
        [360, 'light'],
        [320, 'dark'],
      ] as const) {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
        await page.goto(`file://${file}`);
        await page.screenshot({ path: file.replace('.html', `-${width}-${scheme}.png`), fullPage: true });
        await page.close();
      }
    }
  } finally {
    await browser.close();
  }
}
