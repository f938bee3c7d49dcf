import { expect, it } from 'vitest';
import { apiOver } from '../examples/api.ts';
import { newStory, type Story } from '../histories/story.ts';

const api = apiOver('2026-02-01T00:00:00.000Z');
const week = { from: '2026-01-05', to: '2026-01-12' };
const repository = 'acme/api';
const at = (time: string) => `2026-01-06T${time}:00.000Z`;
const sha = (digit: string) => digit.repeat(40);
const zeros = sha('0');

function push(story: Story, time: string, branch: string, before: string, ...shas: readonly string[]) {
  const commits = shas.map((one) => ({ sha: one, authored_at: at(time) }));
  story.tell('branch.pushed', at(time), { repository, branch, before, after: shas.at(-1), commits });
}

function deploy(story: Story, time: string, revision: string) {
  const data = { rollout_id: revision, repository, environment: 'production', revision, outcome: 'succeeded' };
  story.tell('deployment.finished', at(time), data);
}

/** A base, a pull request of two commits that is merged, and both deployed. The forge names SHAs of 12 digits. */
function told(merge: string, head: string): Story {
  const story = newStory();
  push(story, '08:00', 'main', zeros, sha('1'));
  push(story, '09:00', 'topic', zeros, sha('3'), sha('4'));
  const change = { change_id: `${repository}#12`, repository, number: 12, branch: 'topic', opened_at: at('09:30') };
  story.tell('change.created', at('09:30'), change);
  story.tell('change.merged', at('10:00'), { ...change, base: 'main', head_sha: head, merge_sha: merge });
  push(story, '10:00', 'main', sha('1'), sha('3'), sha('4'), sha('5'));
  deploy(story, '08:30', sha('1'));
  deploy(story, '11:00', sha('5'));
  return story;
}

async function changes(story: Story): Promise<string[]> {
  await api.answer(story, 'dora.change_lead_time', { ...week, group_by: 'service' });
  const { atoms } = await api.get(story, 'dora.change_lead_time/atoms', { ...week, limit: '100' });
  return (atoms as Record<string, unknown>[])
    .map(({ change_id, excluded, containment }) => `${change_id} ${excluded ?? containment}`)
    .sort();
}

it('a pull request whose forge cuts SHAs is one change, not itself and its commits beside it', async () => {
  const whole = await changes(told(sha('5'), sha('4')));
  expect(whole).toEqual([`${repository}#12 explicit`, `${repository}@${sha('1')} first_deployment`]);
  expect(await changes(told('5'.repeat(12), '4'.repeat(12)))).toEqual(whole);
  expect(await changes(told('5'.repeat(7), sha('4')))).toEqual(whole);
});

it('a cut SHA that fits two commits, or none, names none of them', async () => {
  const story = told('5'.repeat(12), '4'.repeat(12));
  push(story, '10:30', 'other', sha('5'), '5'.repeat(12).padEnd(40, '6'));
  expect(await changes(story)).toContain(`${repository}@${sha('5')} explicit`);
  expect(await changes(told('7'.repeat(12), '8'.repeat(12)))).toContain(`${repository}@${sha('5')} explicit`);
});
