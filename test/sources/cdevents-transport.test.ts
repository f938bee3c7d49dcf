import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { cdevents } from '../../ingest/sources/cdevents.ts';
import { AT, event, production, read, UUID } from './cdevent.ts';
import { delivery } from './deliveries.ts';

describe('versions and transports', () => {
  const deployed = event('service.deployed', production);
  const sent = (body: unknown, headers: Record<string, string>) => {
    const reading = normaliseDelivery(cdevents, delivery('cdevents', body, headers));
    return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
  };
  const structured = (data: object, more: object = {}) => ({
    specversion: '1.0',
    id: UUID,
    source: '/ci',
    type: 'dev.cdevents.service.deployed.0.3.0',
    time: AT,
    datacontenttype: 'application/json',
    data,
    ...more,
  });

  test('the old version field and any version of the event say the same', () => {
    const { specversion, ...context } = deployed.context;
    const old = {
      ...deployed,
      context: { ...context, version: '0.3.0', type: 'dev.cdevents.service.deployed.0.1.1' },
      subject: { ...deployed.subject, type: 'service' },
    };
    expect(specversion).toBe('0.5.1');
    expect(read(old)).toEqual(read(deployed));
    const next = { ...deployed, context: { ...deployed.context, type: 'dev.cdevents.service.deployed.1.0.0-draft' } };
    expect(read(next)).toEqual(read(deployed));
  });

  test('binary, structured, batch and bare are one and the same', () => {
    const bare = read(deployed);
    const ce = {
      'ce-specversion': '1.0',
      'ce-type': 'dev.cdevents.service.deployed.0.3.0',
      'ce-id': UUID,
      'ce-source': '%2Fci',
    };
    expect(sent(deployed, { ...ce, 'content-type': 'application/json' })).toEqual(bare);
    expect(sent(structured(deployed), { 'content-type': 'application/cloudevents+json' })).toEqual(bare);
    expect(sent([structured(deployed)], { 'content-type': 'application/cloudevents-batch+json' })).toEqual(bare);
    const bytes = Buffer.from(JSON.stringify(deployed)).toString('base64');
    expect(sent(structured({}, { data: undefined, data_base64: bytes }), {})).toEqual(bare);
  });

  test('a batch is taken whole, or not at all, saying which event it was', () => {
    const other = event('change.abandoned', { repository: { id: 'acme/till' } }, { id: '1' });
    const ignored = event('branch.created', {});
    expect(sent([structured(deployed), structured(ignored), structured(other)], {})).toHaveLength(2);
    expect(sent([structured(deployed), structured(event('service.deployed', {}))], {})).toMatch(
      /^rejected: event 2 of 2: subject\.content\.environment/,
    );
    expect(sent([structured(deployed), { data: {} }], {})).toMatch(/^rejected: event 2 of the batch/);
    expect(sent([structured(ignored)], {})).toMatch(/^ignored: a branch is known/);
    expect(sent([], {})).toBe('rejected: the batch is empty');
    expect(sent(Array(1001).fill(0), {})).toMatch(/^rejected: the batch has more than 1000/);
  });

  test('other specifications are not ours', () => {
    expect(sent({}, { 'ce-specversion': '1.0', 'ce-type': 'com.example.x' })).toBe(
      'ignored: no metric reads com.example.x',
    );
    expect(
      read({ ...deployed, context: { ...deployed.context, type: 'dev.cdeventsx.tool-thing.done.0.1.0' } }),
    ).toMatch(/^ignored: it is a custom event/);
    for (const subject of ['artifact.published', 'repository.created', 'testcaserun.finished', 'approval.created']) {
      expect(read(event(subject))).toMatch(/^ignored: /);
    }
    expect(read(event('quark.spun'))).toBe('ignored: no metric reads quark.spun');
  });
});
