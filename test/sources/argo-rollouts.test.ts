import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { argocd } from '../../ingest/sources/argocd.ts';
import { toldBy } from './told.ts';

const { read } = toldBy(argocd);

describe('an aborted Argo Rollout', () => {
  const began = (time: string) => [
    { type: 'Completed', status: 'False', lastTransitionTime: `2026-03-05T${time}:00Z` },
  ];
  const aborted = ({ annotations = {}, labels = {}, status = {}, ...more }: Record<string, object | string> = {}) => ({
    event: 'aborted',
    at: '2026-03-05T11:30:00Z',
    environment: '',
    rollout: {
      metadata: {
        name: 'till',
        namespace: 'shop',
        uid: 'r-1',
        labels,
        annotations: { 'rollout.argoproj.io/revision': '7', ...(annotations as object) },
      },
      status: { conditions: began('10:00'), ...(status as object) },
    },
    ...more,
  });
  const tracked = { 'argocd.argoproj.io/tracking-id': 'argocd_till-prod:argoproj.io/Rollout:shop/till' };

  test('failed in front of users, from the first step of the canary on', () => {
    expect(read(aborted({ labels: { env: 'production' } }))).toMatchObject([
      { type: 'deployment.started', occurred_at: '2026-03-05T10:00:00.000Z' },
      {
        type: 'deployment.finished',
        occurred_at: '2026-03-05T11:30:00.000Z',
        data: { rollout_id: 'r-1/7', application: 'till', environment: 'production', outcome: 'failed_live' },
      },
    ]);
    expect(read(aborted({ environment: 'eu-prod' }))).toMatchObject([{}, { data: { environment: 'eu-prod' } }]);
    expect(read(aborted())).toMatchObject([{}, { data: { environment: 'shop' } }]);
  });

  test('of Argo CD’s application by its name; within the hour Argo CD has told it already', () => {
    expect(read(aborted({ annotations: tracked }))).toMatchObject([{}, { data: { application: 'till-prod' } }]);
    const soon = { annotations: tracked, status: { conditions: began('10:30') } };
    expect(read(aborted(soon))).toMatch(/^ignored: its application degraded within the hour/);
    expect(read(aborted({ status: { conditions: began('11:29') } }))).toHaveLength(2);
    expect(read(aborted({ annotations: tracked, status: { conditions: [] } }))).toHaveLength(1);
  });

  test('blue-green fails in front of users only once it was active', () => {
    const status = (active: string) => ({ status: { currentPodHash: 'new', blueGreen: { activeSelector: active } } });
    expect(read(aborted(status('old')))).toMatchObject([{}, { data: { outcome: 'failed_dark' } }]);
    expect(read(aborted(status('new')))).toMatchObject([{}, { data: { outcome: 'failed_live' } }]);
  });

  test('another event of a Rollout is refused by its name', () => {
    expect(read(aborted({ event: 'paused' }))).toMatch(/^rejected: event: is not known/);
  });
});

describe('the shipped template for Argo Rollouts', () => {
  const file = new URL('../../workspace/argo-rollouts-notifications/headway.yaml', import.meta.url);
  const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(parse(readFileSync(file, 'utf8')));

  test('is sent by the controller’s own trigger, with every field that is read and nothing else', () => {
    expect(parse(data['trigger.on-rollout-aborted'] ?? '')).toEqual([{ send: ['headway-rollout-aborted'] }]);
    expect(parse(data.subscriptions ?? '')).toEqual([{ recipients: ['headway'], triggers: ['on-rollout-aborted'] }]);
    const template = parse(data['template.headway-rollout-aborted'] ?? '').webhook.headway;
    expect(template.method).toBe('POST');
    for (const field of ['event', 'at', 'uid', 'labels', 'annotations', 'currentPodHash', 'blueGreen', 'conditions']) {
      expect(template.body).toContain(`"${field}"`);
    }
    for (const secret of ['message', 'toJson .rollout ', 'spec']) expect(template.body).not.toContain(secret);
    expect(data['service.webhook.headway']).toContain('Bearer $headway-token');
  });
});
