import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Atoms, openAtoms } from '../../queries/atoms/atoms.ts';
import { EVENTS_INSERT, eventRow } from '../../queries/atoms/events.ts';
import { touchOf } from '../../queries/atoms/scope.ts';
import { openStore } from '../../services/store.ts';
import { newStory, type Story } from '../histories/story.ts';

let store: Awaited<ReturnType<typeof openStore>>;
let atoms: Atoms;
const path = mkdtempSync(join(tmpdir(), 'headway-touched-'));
const statements: string[] = [];

beforeAll(async () => {
  store = await openStore({ path });
  const counted = {
    ...store,
    command: (sql: string, params?: Parameters<typeof store.command>[1]) => {
      statements.push(sql);
      return store.command(sql, params);
    },
  };
  atoms = openAtoms(counted, 'touched');
  await atoms.prepare();
});
afterAll(async () => {
  await atoms.close();
  await store.close();
  rmSync(path, { recursive: true, force: true });
});

/** Tells something and makes it fresh; the statements that this took. */
async function telling(tell: (story: Story) => void): Promise<readonly string[]> {
  const story = newStory();
  tell(story);
  const rows = story.history.map(({ event, recorded_at }, index) =>
    eventRow(event, { partition: 0, offset: BigInt(index), recordedAt: recorded_at }),
  );
  await store.insert(EVENTS_INSERT, rows);
  statements.length = 0;
  await atoms.refresh(touchOf(rows));
  return [...statements];
}

const naming = (sql: readonly string[], name: RegExp) => sql.filter((one) => name.test(one)).length;

test('a batch costs statements only for the kinds of atoms that it touches', async () => {
  const deployed = (n: number) => (story: Story) => {
    story.tell('deployment.finished', `2025-03-0${n}T10:00Z`, {
      rollout_id: `d${n}`,
      service_id: 'api',
      environment: 'production',
      outcome: 'succeeded',
      revision: `${n}`,
    });
  };
  await telling(deployed(1));
  const again = await telling(deployed(2));
  expect(naming(again, /rollouts/)).toBeGreaterThan(0);
  expect(naming(again, /touched_(answers|runs)|INTO (answers|runs)/)).toBe(0);

  const wave = { wave: 'spring' };
  const answered = (respondent: string) => (story: Story) => {
    story.tell('survey.answered', '2025-03-01T10:00Z', { ...wave, item: 'docs', score: 4, respondent });
  };
  const closed = await telling((story) => {
    answered('ann')(story);
    story.tell('survey.wave_closed', '2025-03-02T10:00Z', wave);
  });
  // A close decides which answers count, and which comments.
  expect(naming(closed, /INTO (answers|comments)/)).toBe(2);
  const survey = await telling(answered('bob'));
  expect(naming(survey, /INTO answers/)).toBe(1);
  const others = /INTO (rollouts|changes|incidents|adoptions|service_spans|runs|comments)|_(rollouts|runs|comments)\b/;
  expect(naming(survey, others)).toBe(0);
  // Besides, the lives of sources, which everything that is sent prolongs.
  expect(naming(survey, /INTO source_spans/)).toBe(1);
  expect(survey.length).toBeLessThan(27);

  // Runs are nothing to deliveries until a rule makes rollouts of them.
  const queued = (n: number) => (story: Story) => {
    story.tell('pipelinerun.queued', `2025-03-02T1${n}:00Z`, {
      run_id: `r${n}`,
      repository: 'acme/api',
      workflow: 'ci',
    });
  };
  await telling(queued(1));
  const run = await telling(queued(2));
  expect(naming(run, /INTO runs/)).toBe(1);
  expect(naming(run, /INTO rollouts/)).toBe(0);
  await telling((story) => {
    const rule = { rule: 'ci', repository: 'acme/api', workflow: 'ci', environment: 'production' };
    story.tell('rollout_rule.defined', '2025-03-02T13:00Z', rule);
  });
  expect(naming(await telling(queued(3)), /INTO rollouts/)).toBe(1);

  // Definitions of services decide who owns a run, and nothing about answers.
  const defined = await telling((story) => {
    story.tell('service.defined', '2025-03-03T10:00Z', { service_id: 'api', repository: 'acme/api', team: 'pay' });
  });
  expect(naming(defined, /INTO runs/)).toBe(1);
  expect(naming(defined, /INTO answers/)).toBe(0);
});

test('what is not asked of a past is not folded, and cannot be read by mistake', async () => {
  statements.length = 0;
  const asOf = '2025-06-01T00:00:00.000Z';
  const people = await atoms.withAtoms(asOf, ['answers', 'source_spans'], async (tables) => {
    expect(() => tables.rollouts).toThrow(/rollouts/);
    return store.query(`SELECT count() AS n FROM ${tables.answers} WHERE kind = 'answer'`);
  });
  expect(people).toEqual([{ n: '2' }]);
  expect(naming(statements, /_(rollouts|changes|runs)\b/)).toBe(0);
  await atoms.withAtoms(asOf, ['rollouts'], async (tables) => {
    expect(() => tables.answers).toThrow(/answers/);
    expect(await store.query(`SELECT count() AS n FROM ${tables.rollouts}`)).toEqual([{ n: '2' }]);
  });
});

test('an event that is retracted by its id is gone from the atoms of its subject', async () => {
  const story = newStory();
  const wave = { wave: 'autumn' };
  story.tell('survey.wave_closed', '2025-10-02T10:00Z', wave);
  const wrong = story.tell('survey.answered', '2025-10-01T10:00Z', {
    ...wave,
    item: 'docs',
    score: 1,
    respondent: 'eve',
  });
  const rowsOf = (told: Story) =>
    told.history.map(({ event, recorded_at }, index) =>
      eventRow(event, { partition: 0, offset: BigInt(index), recordedAt: recorded_at }),
    );
  await store.insert(EVENTS_INSERT, rowsOf(story));
  await atoms.refresh(touchOf(rowsOf(story)));
  const inAutumn = () =>
    atoms.withAtoms(null, ['answers'], (tables) =>
      store.query(`SELECT count() AS n FROM ${tables.answers} WHERE wave = 'autumn'`),
    );
  expect(await inAutumn()).toEqual([{ n: '2' }]);
  const taken = await telling((one) => {
    one.tell('deployment.retracted', '2025-10-03T10:00Z', { event_id: wrong.id });
  });
  expect(naming(taken, /INTO answers/)).toBe(1);
  expect(await inAutumn()).toEqual([{ n: '0' }]);
});
