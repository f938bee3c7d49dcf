import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../ingest/ports.ts';
import type { AnswerDeps } from '../../queries/ask.ts';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import type { AtomTables } from '../../queries/atoms/tables.ts';
import { metricDiff } from '../../queries/diff.ts';
import { EVENTS_BETWEEN, nearbySql, RULES_BETWEEN } from '../../queries/explain.ts';
import { type ListedAtom, metricAtoms } from '../../queries/listing.ts';
import { isListed, isOfIntervals } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import {
  type AtomBench,
  ask,
  change,
  incident,
  metric,
  openBench,
  request,
  rollout,
  service,
  source,
  tables,
} from './atoms.ts';

let bench: AtomBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const spans = {
  service_spans: [service('api'), service('web', { team: 'team-b' })],
  source_spans: [source('argocd', '2025-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')],
};
const deps = () => bench.deps('2026-05-01T00:00:00.000Z', 'Europe/Berlin');
const week = { from: '2025-10-06', to: '2025-10-13' };
/** What single people said or did is listed nowhere. */
const listed = metrics.filter(isListed);
const at = (time: string) => `2025-10-08T${time}:00.000Z`;

async function list(id: string, parameters: Record<string, string>, limit = 100): Promise<ListedAtom[]> {
  const asked = request(id, { ...week, ...parameters }, deps());
  const all: ListedAtom[] = [];
  let after: string | null = null;
  do {
    const page = await metricAtoms(deps(), metric(id), asked, { after, limit });
    if (!page.ok) throw new Error(JSON.stringify(page.problems));
    expect(page.answer.atoms.length).toBeLessThanOrEqual(limit);
    all.push(...page.answer.atoms);
    after = page.answer.next;
  } while (after !== null);
  return all;
}

const commits = {
  commits: ['s1', 's2'],
  commit_authored_ats: [at('08:00'), at('09:00')],
  commit_excluded: ['', 'bot'],
};
const filled = {
  ...spans,
  rollouts: [
    ...['d1', 'd2', 'd3'].map((id) =>
      rollout(id, at('10:00'), {
        attempt_outcomes: ['failed_dark', 'succeeded'],
        attempt_finished_ats: [at('09:00'), at('10:00')],
      }),
    ),
    rollout('d4', at('11:00'), {
      failed_by: ['F1'],
      degraded_at: at('11:10'),
      restored_at: at('11:30'),
      team_now: 'team-c',
    }),
    rollout('n1', at('11:00'), { kind: 'noop', service: 'web', team: 'team-b' }),
    rollout('old', '2025-09-08T11:00:00.000Z'),
  ],
  changes: [
    change('c1', at('08:00'), at('10:00'), { rollout_id: 'd1', revision: 'abc', containment: 'explicit', ...commits }),
    change('c2', at('08:00'), null, { excluded: 'promotion' }),
  ],
  incidents: [
    incident('i1', at('11:10'), at('11:30'), { acknowledged_at: at('11:15') }),
    incident('i2', at('12:00'), null),
  ],
};

describe('the rows behind a number', () => {
  it('are as many as it counted and left out, page by page, for every metric', async () => {
    await bench.fill(filled);
    for (const one of listed) {
      const [total] = (await ask(deps(), one.id, week)).totals;
      const whole = await list(one.id, {});
      const paged = await list(one.id, {}, 1);
      expect(paged).toEqual(whole);
      const counted = whole.filter((row) => row.excluded === null);
      expect(counted.length, one.id).toBe(total!.n! + (isOfIntervals(one.aggregate.type) ? 0 : total!.open_n));
      const left = Object.values(total!.excluded).reduce((sum, n) => sum + n, 0);
      expect(whole.length - counted.length, one.id).toBe(left);
      for (const row of whole)
        expect(row.at >= '2025-10-05T22:00:00.000Z' && row.at < '2025-10-12T22:00:00.000Z').toBe(true);
      expect(whole.map((row) => row.at)).toEqual(whole.map((row) => row.at).sort());
    }
  });

  it('carry their receipts and the fields of their kind', async () => {
    await bench.fill(filled);
    const [lead, promotion] = await list('dora.change_lead_time', {});
    expect(lead).toMatchObject({ excluded: 'promotion', value: null });
    expect(promotion).toMatchObject({
      atom_id: 'c1 api',
      at: at('10:00'),
      value: 2,
      excluded: null,
      change_id: 'c1',
      commits: ['s1', 's2'],
      rollout_id: 'd1',
      revision: 'abc',
      containment: 'explicit',
      started_at: at('08:00'),
      finished_at: at('10:00'),
      team: 'team-a',
    });
    expect(promotion).not.toHaveProperty('team_now');
    const parts = await list('dora.change_lead_time', { unit: 'commit' });
    expect(parts.map((row) => [row.part, row.value, row.excluded])).toEqual([
      ['s1', 2, null],
      ['s2', 1, 'bot'],
    ]);
    const failed = (await list('dora.change_fail_rate', { ownership: 'now' })).find((row) => row.atom_id === 'd4');
    expect(failed).toMatchObject({ value: 1, team: 'team-c', event_ids: ['e-d4'] });
    expect((await list('dora.failed_deployment_recovery_time', {})).map((row) => row.value)).toEqual([20, null]);
    expect((await list('dora.deployment_frequency', { team: 'team-b' })).map((row) => row.excluded)).toEqual(['noop']);
  });

  it('can be narrowed to a bucket, and refuse what is no cursor or bucket', async () => {
    await bench.fill(filled);
    const id = 'dora.deployment_frequency';
    const daily = request(id, { from: '2025-09-01', to: '2025-11-01', grain: 'day' }, deps());
    const inDay = await metricAtoms(deps(), metric(id), daily, { limit: 10, bucket: '2025-09-07T22:00:00.000Z' });
    expect(inDay.ok && inDay.answer.atoms.map((row) => row.atom_id)).toEqual(['old']);
    const wrong = [{ after: 'bm9uZQ' }, { after: "'; DROP" }, { bucket: '2025-09-07T21:00:00.000Z' }];
    for (const page of wrong)
      expect((await metricAtoms(deps(), metric(id), daily, { limit: 10, ...page })).ok).toBe(false);
  });
});

describe('the difference between two reports', () => {
  const early = '2025-10-10T00:00:00.000Z';
  const late = '2025-10-20T00:00:00.000Z';

  /** Tables as a report of `early` sees them; those of the bench are what `late` sees. */
  async function past(rows: Partial<Record<keyof AtomTables, readonly Row[]>>): Promise<AnswerDeps> {
    const names = Object.keys(tables) as (keyof AtomTables)[];
    await bench.fill(rows);
    for (const name of names) {
      await bench.store.command(`DROP TABLE IF EXISTS early_${name}`);
      await bench.store.command(`CREATE TABLE early_${name} ENGINE = Memory AS SELECT * FROM ${name}`);
    }
    const then = Object.fromEntries(names.map((name) => [name, `early_${name}`])) as AtomTables;
    return { ...deps(), withAtoms: (asOf, _kinds, use) => use(asOf === early ? then : tables) };
  }

  const event = (id: string, type: string, entity: string, recorded_at: string, normaliser = 1): Row => {
    const time = { occurred_at: recorded_at, recorded_at };
    return { id, normaliser, type, version: 1, source: 's', subject: entity, entity, ...time, data: {} };
  };

  it('names what was recorded between them: late, linked, corrected, retracted, moved', async () => {
    const failed = { failed_by: ['F1'], incident_ids: ['I77'] };
    const before = [
      rollout('d1', at('10:00')),
      rollout('d9', at('10:00')),
      rollout('gone', at('10:00')),
      rollout('fixed', at('10:00')),
      rollout('moved', at('10:00')),
      rollout('rolled', at('10:00')),
      rollout('named', at('10:00')),
    ];
    const asking = await past({ ...spans, rollouts: before });
    await bench.fill({
      ...spans,
      rollouts: [
        rollout('d1', at('10:00')),
        rollout('d9', at('10:00'), failed),
        rollout('fixed', at('10:30'), { event_ids: ['e-fixed', 'k1'] }),
        rollout('moved', at('10:00'), { team: 'team-b' }),
        rollout('rolled', at('10:00'), { failed_by: ['F2'] }),
        rollout('named', at('10:00'), { failed_by: ['F2'] }),
        rollout('late', at('12:00')),
        rollout('back', at('13:00'), { kind: 'rollback', event_ids: ['e-back'] }),
      ],
    });
    await bench.store.command('TRUNCATE TABLE events');
    await bench.store.insert("events SETTINGS date_time_input_format = 'best_effort'", [
      event('e-d9', 'deployment.finished', 'rollout:d9', '2025-10-08T10:00:01.000Z'),
      event('l1', 'incident.linked', 'incident:I77', '2025-10-12T09:00:00.000Z'),
      event('l0', 'incident.detected', 'incident:I77', '2025-10-08T11:00:00.000Z'),
      event('r1', 'deployment.retracted', 'rollout:gone', '2025-10-13T09:00:00.000Z'),
      event('k1', 'deployment.corrected', 'rollout:fixed', '2025-10-14T09:00:00.000Z'),
      event('e-late', 'deployment.finished', 'rollout:late', '2025-10-15T09:00:00.000Z'),
      event('e-back', 'deployment.finished', 'rollout:back', '2025-10-16T09:00:00.000Z'),
      {
        ...event('e-undo', 'deployment.finished', 'rollout:undo', '2025-10-16T09:30:00.000Z'),
        refs: ['api', 'rollout:named'],
      },
      event('too-late', 'deployment.retracted', 'rollout:d9', '2025-10-25T09:00:00.000Z'),
    ]);
    const id = 'dora.change_fail_rate';
    const asked = request(id, week, asking);
    const diff = await metricDiff(asking, metric(id), asked, early, late);
    if (!diff.ok) throw new Error(JSON.stringify(diff.problems));
    const { a, b, changes } = diff.answer;
    expect([a.totals[0]!.numerator, b.totals[0]!.numerator]).toEqual([0, 3]);
    expect([a.as_of, b.as_of]).toEqual([early, late]);
    const told = changes.map((one) => [
      one.atom_id,
      one.reason,
      one.before?.value ?? null,
      one.after?.value ?? null,
      one.event_ids,
    ]);
    expect(Object.fromEntries(told.map(([name, ...rest]) => [name, rest]))).toEqual({
      d9: ['relink', 0, 1, ['l1']],
      gone: ['retraction', 0, null, ['r1']],
      fixed: ['correction', 0, 0, ['k1']],
      moved: ['ownership', 0, 0, []],
      rolled: ['late_event', 0, 1, ['e-late', 'e-back']],
      named: ['late_event', 0, 1, ['e-undo']],
      late: ['late_event', null, 0, ['e-late']],
      back: ['late_event', null, 0, ['e-back']],
    });
    expect(changes.find((one) => one.atom_id === 'd9')!.recorded_at).toBe('2025-10-12T09:00:00.000Z');
    const turned = await metricDiff(asking, metric(id), asked, late, early);
    expect(turned.ok && turned.answer.changes.find((one) => one.atom_id === 'd9')).toMatchObject({
      before: { value: 1 },
      after: { value: 0 },
    });
  });

  it('is planned by ClickHouse and empty for equal reports, for every metric', async () => {
    const asking = await past(filled);
    for (const one of listed) {
      const diff = await metricDiff(asking, one, request(one.id, week, asking), early, late);
      expect(diff.ok && diff.answer.changes, one.id).toEqual([]);
    }
    const instants = { after: early, until: late };
    await bench.store.query(`EXPLAIN ${EVENTS_BETWEEN}`, { ...instants, ids: ["'"], entities: ['\\'] });
    await bench.store.query(`EXPLAIN ${RULES_BETWEEN}`, instants);
    await bench.store.query(`EXPLAIN ${nearbySql([tables])}`, { ...instants, services: ["'; DROP TABLE events; --"] });
    expect(atomKinds.map((kind) => kind.name).sort()).toEqual(Object.keys(tables).sort());
  });
});
