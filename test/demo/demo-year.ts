import { join } from 'node:path';
import type { Delivery } from '../../ingest/delivery.ts';
import type { Fact } from '../../ingest/event.ts';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { readCanonical } from '../../ingest/sources/canonical.ts';
import { findSource } from '../../ingest/sources/registry.ts';
import { signDelivery } from '../../services/demo/sign.ts';
import type { DemoDelivery } from '../../services/demo/year/simulation.ts';
import { syntheticYear, type YearOptions } from '../../services/demo/year/year.ts';
import { loadWorkspace } from '../../services/workspace/load.ts';

export const END = '2026-11-20T15:00:00.000Z';
export const SECRETS = { github: 'g'.repeat(32), argocd: 'a'.repeat(32), pagerduty: 'p'.repeat(32), token: null };

/** The year of the example workspace for a seed. */
export async function yearOf(seed: string): Promise<YearOptions> {
  const dir = join(import.meta.dirname, '../../workspace');
  const loaded = await loadWorkspace({ dir, timezone: 'UTC' });
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ file, line, message }) => `${file}:${line} ${message}`).join('\n'));
  return { seed, end: END, definitions: loaded.workspace.definitions };
}

export type Received = Pick<Fact, 'type' | 'occurred_at' | 'data'> & { readonly source: string; readonly at: string };

/** What the sources make of the year, fact by fact; `refused` lists what they could not read, `ignored` counts the rest. */
export async function receiveYear(options: YearOptions) {
  const facts: Received[] = [];
  const refused: string[] = [];
  const unverified: string[] = [];
  let ignored = 0;
  let deliveries = 0;
  for (const sent of syntheticYear(options)) {
    deliveries += 1;
    const delivery = deliveryOf(sent);
    if (sent.source === 'canonical') {
      const reading = readCanonical(delivery, options.comments);
      if (reading.outcome !== 'items') refused.push(`${sent.at} canonical: ${reading.reason}`);
      else
        for (const item of reading.items) {
          if ('event' in item) facts.push({ ...item.event, at: sent.at } as Received);
          else refused.push(`${sent.at} ${item.id}: ${JSON.stringify(item.problems)}`);
        }
      continue;
    }
    const source = findSource(sent.source);
    if (source === undefined) throw new Error(`no source ${sent.source}`);
    if (deliveries % 20 === 0 && !(await source.verify(delivery, [SECRETS[sent.source]]))) unverified.push(sent.at);
    const reading = normaliseDelivery(source, delivery);
    if (reading.outcome === 'rejected') refused.push(`${sent.at} ${sent.source}: ${reading.reason}`);
    else if (reading.outcome === 'ignored') ignored += 1;
    else for (const event of reading.events) facts.push({ ...event, at: sent.at } as Received);
  }
  return { deliveries, facts, refused, unverified, ignored };
}

function deliveryOf(sent: DemoDelivery): Delivery {
  const headers = { ...sent.headers, ...signDelivery(sent, SECRETS) };
  return { id: 'd', source: sent.source, headers, body: Buffer.from(sent.body), received_at: sent.at };
}
