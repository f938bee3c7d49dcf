import { expect, test } from 'vitest';
import { definitionEvents, type KnownDefinition } from '../../ingest/workspace/publish.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';

const component = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: Cart }
spec: { type: service, lifecycle: production, owner: shop }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: shop }
spec: { type: team, children: [] }
`;
const read = (text: string) =>
  readWorkspace(
    [
      { path: 'catalog/all.yaml', text: component },
      { path: 'costs.yaml', text },
    ],
    { timezone: 'Europe/Berlin' },
  );
const good = `currency: EUR
rates:
  - { currency: USD, from: 2025-03-01, rate: 0.96 }
  - { currency: USD, from: 2025-07-01, rate: 0.85 }
shares:
  - { service: cart, share: 2.5 }
`;

test('rates begin at midnight of their day, and shares are of services of the catalog', () => {
  const result = read(good);
  expect(result.ok && result.workspace.definitions.filter(({ type }) => type === 'money.defined')).toEqual([
    {
      type: 'money.defined',
      since: null,
      data: {
        currency: 'EUR',
        rates: [
          { currency: 'USD', from: '2025-02-28T23:00:00.000Z', rate: 0.96 },
          { currency: 'USD', from: '2025-06-30T22:00:00.000Z', rate: 0.85 },
        ],
        shares: [{ service_id: 'cart', share: 2.5 }],
      },
    },
  ]);
});

test('every problem is told with its line', () => {
  const result = read(`currency: euro
rates:
  - { currency: USD, from: yesterday, rate: 0.96 }
  - { currency: USD, from: 2025-07-01, rate: 0 }
  - { currency: USD, rate: 1 }
shares:
  - { service: cart, part: 1 }
`);
  const told = (one: typeof result) => (one.ok ? [] : one.problems.map((p) => `${p.file}:${p.line} ${p.message}`));
  expect(told(result)).toEqual([
    expect.stringMatching(/^costs.yaml:1 currency: is not a currency code/),
    expect.stringMatching(/^costs.yaml:3 rates.0.from: is neither a date/),
    expect.stringMatching(/^costs.yaml:4 rates.1.rate: /),
    expect.stringMatching(/^costs.yaml:5 rates.2.from: /),
    expect.stringMatching(/^costs.yaml:7 shares.0.share: /),
    expect.stringMatching(/^costs.yaml:7 shares.0: unknown key 'part'/),
  ]);
  const twice = read(`currency: EUR
rates:
  - { currency: USD, from: 2025-07-01, rate: 1 }
  - { currency: USD, from: 2025-06-30T22:00:00Z, rate: 2 }
  - { currency: EUR, from: 2025-07-01, rate: 1 }
shares:
  - { service: cart, share: 1 }
  - { service: CART, share: 2 }
`);
  expect(told(twice)).toEqual([
    expect.stringMatching(/^costs.yaml:4 rates.1: says twice what USD is worth/),
    expect.stringMatching(/^costs.yaml:5 rates.2.currency: is the currency that costs are told in/),
    expect.stringMatching(/^costs.yaml:8 shares.1: names 'CART' twice/),
  ]);
  const unknown = read('currency: EUR\nshares:\n  - { service: cart, share: 1 }\n  - { service: card, share: 1 }\n');
  expect(told(unknown)).toEqual(["costs.yaml:4 shares: no Component is called 'card'"]);
});

test('it is stated once, again when it changes, and taken back with its file', () => {
  const log: KnownDefinition[] = [];
  const load = (text: string | null, now: string) => {
    const found = readWorkspace(
      [{ path: 'catalog/all.yaml', text: component }, ...(text === null ? [] : [{ path: 'costs.yaml', text }])],
      { timezone: 'Europe/Berlin' },
    );
    if (!found.ok) throw new Error(JSON.stringify(found.problems));
    const events = definitionEvents(found.workspace.definitions, log, now);
    for (const { type, id, source, occurred_at, data } of events)
      log.push({ type, id, source, occurred_at, data } as KnownDefinition);
    return events.filter(({ type }) => type === 'money.defined').map(({ occurred_at, data }) => [occurred_at, data]);
  };
  const [first, second, third] = ['2025-03-01', '2025-04-01', '2025-05-01'].map((day) => `${day}T00:00:00.000Z`);
  expect(load(good, first!)).toEqual([[first, expect.objectContaining({ currency: 'EUR' })]]);
  expect(load(good, second!)).toEqual([]);
  expect(load(good.replace('0.85', '0.86'), second!)).toEqual([[second, expect.objectContaining({ currency: 'EUR' })]]);
  expect(load(null, third!)).toEqual([[third, expect.objectContaining({ removed: true })]]);
  expect(load(null, '2025-06-01T00:00:00.000Z')).toEqual([]);
  expect(load(good, '2025-06-01T00:00:00.000Z')).toHaveLength(1);
});
