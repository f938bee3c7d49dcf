import type { Random } from './random.ts';

const verbs = [
  'Add',
  'Cache',
  'Retry',
  'Validate',
  'Split',
  'Simplify',
  'Log',
  'Limit',
  'Speed up',
  'Move',
  'Rename',
  'Drop',
];
const things = [
  'parcel lookup',
  'quote request',
  'customs form',
  'depot calendar',
  'address check',
  'rate table',
  'label template',
  'delivery window',
  'session token',
  'invoice line',
  'payout batch',
  'scan event',
  'route cost',
  'ETA update',
  'pickup slot',
  'webhook delivery',
  'refund flow',
  'price rounding',
  'carrier list',
  'search filter',
  'export job',
  'consent banner',
];
const tails = [
  '',
  '',
  ' on timeout',
  ' for US depots',
  ' behind a flag',
  ' in the worker',
  ' when the cart is empty',
  ' per tenant',
];
const libraries = ['fastify', 'zod', 'pino', 'undici', 'typescript', 'vitest', 'luxon', 'react', 'kafkajs', 'esbuild'];
const symptoms = [
  'error rate above 5 %',
  'p99 latency above 4 s',
  'requests time out',
  'queue does not drain',
  'wrong totals shown',
];

/** What a pull request of the year is called. */
export function changeTitle(random: Random): string {
  return `${random.pick(verbs)} ${random.pick(things)}${random.pick(tails)}`;
}

/** What a dependency update is called. */
export function bumpTitle(random: Random): string {
  const major = random.whole(1, 9);
  const minor = random.whole(0, 30);
  return `Bump ${random.pick(libraries)} from ${major}.${minor}.${random.whole(0, 9)} to ${major}.${minor + 1}.0`;
}

/** What an incident is called. */
export function incidentTitle(random: Random, service: string): string {
  return `${service}: ${random.pick(symptoms)}`;
}

/** A branch's name from a title: `feat/add-parcel-lookup`, with a number that keeps it apart. */
export function branchName(prefix: string, title: string, serial: number): string {
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return `${prefix}/${slug}-${serial}`;
}
