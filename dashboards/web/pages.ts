import type { Place } from './frame.ts';
import { type OverviewModel, overviewModel, renderOverview } from './overview.ts';
import type { Page } from './page.ts';
import { renderStatus, type StatusModel } from './status.ts';
import { renderTrust, type TrustModel, trustModel } from './trust.ts';

const overview: Page<OverviewModel> = {
  path: '/',
  title: 'Overview',
  nav: 'Overview',
  isPublic: false,
  load: overviewModel,
  render: (model) => renderOverview(model, builtPlaces()),
};

const trust: Page<TrustModel> = {
  path: '/trust',
  title: 'Trust',
  nav: 'Trust',
  isPublic: false,
  load: trustModel,
  render: (model) => renderTrust(model, builtPlaces()),
};

const status: Page<StatusModel> = {
  path: '/status',
  title: 'Status',
  nav: 'Status',
  isPublic: true,
  load: (ports) => ports.publicStatus(),
  render: renderStatus,
};

/**
 * The built-in pages. To add one: write its `load` and `render` in a file of its own, declare it here, and it has its route
 * and its place in the top bar.
 */
export const pages: readonly Page<unknown>[] = [overview, trust, status];

/** Names of the pages that exist, for the top bar. */
export function builtPlaces(): readonly Place[] {
  return pages.flatMap((page) => (page.nav === null ? [] : [page.nav]));
}
