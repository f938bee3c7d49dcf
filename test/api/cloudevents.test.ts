import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from './start.ts';

const at = new Date().toISOString();
const event = (type: string, id: string, content: object) => ({
  context: { specversion: '0.5.1', id, source: '/ci', type: `dev.cdevents.${type}.0.3.0`, timestamp: at },
  subject: { id: 'till', source: '/ci', content },
});
const deployed = event('service.deployed', 'e-1', { environment: { id: 'production' } });
const started = event('pipelinerun.started', 'e-2', { pipelineName: 'till' });
const structured = ({ context, ...rest }: typeof deployed) => ({
  specversion: '1.0',
  id: context.id,
  source: context.source,
  type: context.type,
  data: { context, ...rest },
});

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded({
    HEADWAY_SECRET_CDEVENTS: 'c',
    HEADWAY_SECRET_JENKINS: 'j',
    HEADWAY_SECRET_TEKTON: 't',
  });
});

const hook = (path: string, body: unknown, headers: Record<string, string>) =>
  fetch(`${service.url}/hooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const answered = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });
const bearer = { authorization: 'Bearer c' };

describe('CloudEvents over HTTP', () => {
  it('takes every mode, and knows the event again in another', async () => {
    const batch = { ...bearer, 'content-type': 'application/cloudevents-batch+json; charset=utf-8' };
    const both = [structured(deployed), structured(started)];
    expect(await answered(await hook('cdevents', both, batch))).toMatchObject({
      status: 202,
      events: 2,
      duplicates: 0,
    });
    const binary = { ...bearer, 'ce-specversion': '1.0', 'ce-id': 'e-1', 'ce-type': deployed.context.type };
    const one = { ...bearer, 'content-type': 'application/cloudevents+json' };
    for (const again of [
      await hook('cdevents', deployed, binary),
      await hook('cdevents', structured(deployed), one),
      await hook('cdevents', deployed, bearer),
    ]) {
      expect(await answered(again)).toMatchObject({ status: 202, events: 1, duplicates: 1 });
    }
  });

  it('sets a batch aside as a whole, and says which event it was', async () => {
    const wrong = [structured(event('service.deployed', 'e-3', {})), structured(event('build.started', 'e-4', {}))];
    expect(await answered(await hook('cdevents', wrong, bearer))).toMatchObject({
      status: 202,
      events: 0,
      rejected: expect.stringMatching(/^event 1 of 2: subject\.content\.environment/),
    });
  });
});

describe('senders that know only an address', () => {
  const run = { metadata: { name: 'till', uid: 'u', namespace: 'ci', creationTimestamp: at } };

  it('are taken by its token or its password, and asked for it with 401', async () => {
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`headway:${password}`).toString('base64')}`,
    });
    expect(await answered(await hook('tekton?token=t', { pipelineRun: run }, {}))).toMatchObject({
      status: 202,
      events: 1,
    });
    expect((await hook('tekton', { pipelineRun: run }, basic('t'))).status).toBe(202);
    const asked = await hook('tekton', { pipelineRun: run }, {});
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="Headway", charset="UTF-8"',
    ]);
    expect((await hook('tekton', { pipelineRun: run }, basic('x'))).status).toBe(401);
  });

  it('may print their event instead of sending JSON, and get JSON back', async () => {
    const finished = {
      context: { id: 'e', source: 'job/till/5/', type: 'dev.cdevents.pipelinerun.finished.0.1.0', timestamp: at },
      subject: { id: '5', content: { outcome: 'success' } },
      customData: { build: { number: 5, queueId: 7, status: 'SUCCESS' } },
    };
    const bytes = [...new TextEncoder().encode(JSON.stringify(finished))].join(', ');
    const printed = `CloudEvent{id='1', source=job/till/5/, data=BytesCloudEventData{value=[${bytes}]}, extensions={}}`;
    expect(await answered(await hook('jenkins?token=j', printed, {}))).toMatchObject({ status: 202, events: 1 });
  });
});
