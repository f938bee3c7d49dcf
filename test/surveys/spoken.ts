import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';

/** What somebody wrote, to be looked for: no clock, digest or name holds it. */
export const WORDS = 'the pager woke me at night';

const CUSTOM = `
title: Pulse
events:
  - kind: survey.answered
    each: $.answers[*]
    when: [{ value: '@.score', exists: true }]
    key: [$.id, '@.item']
    occurred_at: $.at
    data: { wave: $.wave, item: '@.item', score: '@.score', respondent: $.id }
  - kind: survey.commented
    each: $.answers[*]
    when: [{ value: '@.words', exists: true }]
    key: [$.id, '@.item']
    occurred_at: $.at
    data: { wave: $.wave, item: '@.item', respondent: $.id, text: '@.words' }
`;

/** A service with a survey tool of its own, whose data lies in a folder that can be searched. */
export async function startSpoken(comments: 'on' | 'off'): Promise<{ service: RunningService; dataDir: string }> {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'workspace', 'sources'), { recursive: true });
  writeFileSync(join(dir, 'workspace', 'sources', 'pulse.yaml'), CUSTOM);
  const dataDir = join(dir, 'data');
  const service = await startEmbedded({
    HEADWAY_DATA_DIR: dataDir,
    HEADWAY_WORKSPACE: join(dir, 'workspace'),
    // Nobody asked, unless it is said.
    ...(comments === 'on' ? { HEADWAY_SURVEY_COMMENTS: 'on' } : {}),
  });
  return { service, dataDir };
}

const at = new Date(Date.now() - 3_600_000).toISOString();

/** A comment as `/v1/events` takes it. */
export const commentEvent = (who: string, text: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id: `c-${who}`,
  type: 'survey.commented',
  source: 'survey-tool',
  occurred_at: at,
  data: { wave: 'Spring', item: 'overall', respondent: who, text, ...more },
});

/** An answer on a scale; more may stand beside it than is asked for. */
export const answerEvent = (who: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id: `a-${who}`,
  type: 'survey.answered',
  source: 'survey-tool',
  occurred_at: at,
  data: { wave: 'Spring', item: 'overall', respondent: who, score: 4, ...more },
});

export const closeEvent = {
  id: 'close',
  type: 'survey.wave_closed',
  source: 'survey-tool',
  occurred_at: new Date(Date.parse(at) + 60_000).toISOString(),
  data: { wave: 'Spring' },
};

const field = (type: string) => ({ id: type, ref: 'overall', type });
const form = (token: string) => ({
  event_type: 'form_response',
  form_response: {
    form_id: 'f',
    token,
    submitted_at: at,
    hidden: { wave: 'Spring', team: 'few' },
    answers: [
      { type: 'number', number: 4, field: field('rating') },
      { type: 'text', text: WORDS, field: field('long_text') },
      { type: 'choice', choice: { label: 'Other', other: WORDS }, field: field('multiple_choice') },
    ],
    variables: [{ key: 'why', type: 'text', text: WORDS }],
  },
});
const script = (response_id: string) => ({
  form_id: 'g',
  response_id,
  submitted_at: at,
  wave: 'Spring',
  answers: [{ item: 'overall', score: 4, remark: WORDS }],
  comments: [{ item: 'overall', text: WORDS }],
});
const pulse = (id: string) => ({
  id,
  at,
  wave: 'Spring',
  answers: [
    { item: 'overall', score: 4, note: WORDS },
    { item: 'overall', words: WORDS },
  ],
  remark: WORDS,
});

/** One way in which words reach the service; how many answers on a scale and comments they come with. */
export interface Way {
  readonly name: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answers: number;
  readonly comments: number;
}

const json = JSON.stringify;
const torn = (body: unknown) => json(body).slice(0, -2);
const cloud = ({ occurred_at, ...event }: ReturnType<typeof commentEvent>) => ({
  specversion: '1.0',
  time: occurred_at,
  remark: WORDS,
  ...event,
});

/** Every way in which words may come in, wanted or not, well said or not. */
export const ways: readonly Way[] = [
  { name: 'Typeform', path: '/hooks/typeform', body: json(form('t1')), answers: 1, comments: 1 },
  { name: 'Typeform, torn', path: '/hooks/typeform', body: torn(form('t2')), answers: 0, comments: 0 },
  {
    name: 'Typeform, of another shape',
    path: '/hooks/typeform',
    body: json({ event_type: 'form_response', form_response: { token: 't', answers: [{ text: WORDS }], note: WORDS } }),
    answers: 0,
    comments: 0,
  },
  { name: 'Google Forms', path: '/hooks/google-forms', body: json(script('g1')), answers: 1, comments: 1 },
  { name: 'Google Forms, torn', path: '/hooks/google-forms', body: torn(script('g2')), answers: 0, comments: 0 },
  { name: 'a sender of its own', path: '/hooks/custom/pulse', body: json(pulse('p1')), answers: 1, comments: 1 },
  { name: 'a sender of its own, torn', path: '/hooks/custom/pulse', body: torn(pulse('p2')), answers: 0, comments: 0 },
  {
    name: 'events',
    path: '/v1/events',
    body: json([answerEvent('e1', { remark: WORDS }), commentEvent('e1', WORDS), closeEvent]),
    answers: 1,
    comments: 1,
  },
  {
    name: 'events, line by line',
    path: '/v1/events',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${json(answerEvent('e2'))}\n${json(commentEvent('e2', WORDS))}\n{"text":"${WORDS}"\n`,
    answers: 1,
    comments: 1,
  },
  {
    name: 'events, with the kind in escapes',
    path: '/v1/events',
    body: json(commentEvent('e3', WORDS)).replaceAll('survey', '\\u0073urvey'),
    answers: 0,
    comments: 1,
  },
  {
    name: 'events in a batch of CloudEvents',
    path: '/v1/events',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: json([cloud(commentEvent('e4', WORDS))]),
    answers: 0,
    comments: 1,
  },
  {
    name: 'an event in headers',
    path: '/v1/events',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'e5',
      'ce-type': 'survey.commented',
      'ce-source': 'survey-tool',
      'ce-time': at,
      'ce-remark': WORDS,
    },
    body: json(commentEvent('e5', WORDS).data),
    answers: 0,
    comments: 1,
  },
  {
    name: 'an event in headers, with the kind percent-encoded',
    path: '/v1/events',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'e10',
      'ce-type': '%73urvey.commented',
      'ce-source': 'survey-tool',
      'ce-time': at,
    },
    body: json(commentEvent('e10', WORDS).data),
    answers: 0,
    comments: 1,
  },
  {
    name: 'lines in what the headers call one event',
    path: '/v1/events',
    headers: { 'content-type': 'application/x-ndjson', 'ce-specversion': '1.0', 'ce-type': 'team.defined' },
    body: json(commentEvent('e11', WORDS)),
    answers: 0,
    comments: 1,
  },
  {
    name: 'an answer in words',
    path: '/v1/events',
    body: json(answerEvent('e12', { score: WORDS })),
    answers: 0,
    comments: 0,
  },
  { name: 'events, torn', path: '/v1/events', body: torn([commentEvent('e6', WORDS)]), answers: 0, comments: 0 },
  {
    name: 'events that lack something',
    path: '/v1/events',
    body: json([
      { ...commentEvent('e7', WORDS), data: { text: WORDS } },
      { ...commentEvent('e8', WORDS), type: 'survey.remarked' },
      { ...commentEvent('e9', WORDS), type: undefined, kind: 'survey.commented' },
      WORDS,
    ]),
    answers: 0,
    comments: 0,
  },
];

/** Sends what comes in one way. */
export async function send(
  service: RunningService,
  { path, headers, body }: Way,
): Promise<{ status: number; text: string }> {
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** Files below a folder in which a text stands, as it is or in base64, at any offset. */
export function filesWith(folder: string, text: string): string[] {
  const forms = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${' '.repeat(offset)}${text}`).toString('base64');
    // The first and the last letters depend on what stands beside it.
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path).toString('latin1');
      return [text, ...forms].some((form) => bytes.includes(form));
    });
}
