import { afterAll, beforeAll, expect, it } from 'vitest';
import { newStory } from '../histories/story.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { THOROUGH } from '../support/thorough.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

const seen = (): Promise<Record<string, unknown>[]> =>
  ledger.store.query(
    `SELECT * FROM (SELECT 'rollout' AS kind, service, atom_id, outcome AS a, excluded AS b, toString(arraySort(event_ids)) AS c FROM rollouts FINAL
     UNION ALL SELECT 'incident', service, atom_id, cause_rollout_id, excluded, toString(arraySort(event_ids)) FROM incidents FINAL
     UNION ALL SELECT 'source', service, source, toString(arraySort(kinds)), '', '' FROM source_spans FINAL) ORDER BY kind, service, atom_id, a`,
  );

it.runIf(THOROUGH)(
  'each event refreshed by the keys that it touches comes to what a rebuild makes, rollouts by rule among them',
  async () => {
    const story = newStory();
    const at = (minute: number) => new Date(Date.parse('2026-01-05T10:00Z') + minute * 60_000).toISOString();
    const run = (minute: number, run_id: string, repository: string, more = {}) =>
      story.tell(
        'pipelinerun.finished',
        at(minute),
        { run_id, repository, workflow: 'deploy', outcome: 'succeeded', ...more },
        { source: repository === 'acme/web' ? 'jenkins' : 'github' },
      );
    const rule = (id: string, data: Record<string, unknown>) =>
      story.tell('rollout_rule.defined', at(0), { rule: id, workflow: 'deploy', environment: 'production', ...data });
    rule('one', { repository: 'acme/web' });
    rule('two', { repository: 'acme/scripts', service_id: 'cart' });
    // Known to be cart's only by the rule: neither name is the other's.
    run(1, 'acme/scripts:1', 'acme/scripts');
    story.tell('incident.detected', at(2), { incident_id: 'I1', service_id: 'cart' });
    run(3, '2', 'acme/web');
    story.tell('incident.linked', at(4), {
      incident_id: 'I1',
      cause_deployment_id: 'run:acme/scripts:1:production:cart',
    });
    story.tell('incident.detected', at(5), { incident_id: 'I2', service_id: 'other', caused_by: 'run:2:production' });
    story.tell('deployment.corrected', at(6), {
      rollout_id: 'run:2:production',
      field: 'outcome',
      value: 'failed_live',
    });
    run(7, '2', 'acme/web', { attempt_no: 2 });
    run(8, 'acme/scripts:3', 'acme/scripts');
    story.tell(
      'deployment.finished',
      at(9),
      { rollout_id: 'argo', service_id: 'cart', environment: 'live', outcome: 'succeeded' },
      { source: 'argocd' },
    );
    run(10, 'acme/scripts:4', 'acme/scripts');
    story.tell('deployment.retracted', at(11), { rollout_id: 'run:acme/scripts:3:production:cart' });
    run(12, 'acme/scripts:3', 'acme/scripts', { attempt_no: 2 });
    run(13, '5', 'acme/web');
    const telling = ['incident.linked', 'deployment.corrected', 'deployment.finished', 'deployment.retracted'];
    for (const one of story.history) {
      await ledger.atoms.refresh(await ledger.write([one]));
      if (!telling.includes(one.event.type) && one !== story.history.at(-1)) continue;
      const fresh = await seen();
      await ledger.atoms.rebuild();
      expect(fresh, `after ${one.event.type} of ${one.event.occurred_at}`).toEqual(await seen());
    }
    const last = (await seen()).map(({ kind, service, atom_id, a, b }) => [kind, service, atom_id, a, b].join(' '));
    expect(last.filter((line) => !line.startsWith('source'))).toEqual(
      [
        'incident cart I1 run:acme/scripts:1:production:cart ',
        'incident other I2 run:2:production ',
        'rollout acme/web run:2:production failed_live ',
        'rollout acme/web run:5:production succeeded ',
        'rollout cart argo succeeded ',
        'rollout cart run:acme/scripts:1:production:cart succeeded ',
        'rollout cart run:acme/scripts:4:production:cart succeeded duplicate_source',
      ].sort(),
    );
  },
  300_000,
);
