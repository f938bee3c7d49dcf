import { jenkins as source } from '../../../ingest/sources/jenkins.ts';
import type { Base, SourceCase } from './case.ts';

const at = (time: string) => Date.parse(`2026-03-05T${time}:00Z`);
const sha = 'a'.repeat(40);
const json = { 'content-type': 'application/json' };

const notified = (phase: string, timestamp: number, makes: string): Base => ({
  event: `Notification ${phase}`,
  headers: json,
  body: {
    name: 'till',
    display_name: 'Till',
    url: 'job/acme/job/till/',
    build: {
      full_url: 'https://jenkins.example.com/job/acme/job/till/5/',
      number: 5,
      queue_id: 77,
      timestamp,
      duration: 480_000,
      phase,
      status: 'SUCCESS',
      url: 'job/acme/job/till/5/',
      scm: { url: 'https://github.com/acme/till.git', branch: 'origin/main', commit: sha },
      parameters: { TARGET: 'x' },
    },
  },
  makes,
});

export const jenkins: SourceCase = {
  source,
  bases: [
    notified('QUEUED', at('10:00'), 'pipelinerun.queued 2026-03-05T10:00:00.000Z'),
    notified('FINALIZED', at('10:09'), 'pipelinerun.finished 2026-03-05T10:09:00.000Z'),
    {
      event: 'Generic Event run.finalized',
      headers: { ...json, 'x-event-type': 'run.finalized', referrer: 'https://jenkins.example.com/' },
      body: {
        type: 'run.finalized',
        source: 'job/acme/job/till/',
        id: 'e-1',
        time: '2026-03-05T11:09:02.100+0100',
        data: {
          number: 5,
          timestamp: at('10:01'),
          duration: 480_000,
          result: 'SUCCESS',
          actions: [
            {},
            {
              _class: 'hudson.plugins.git.util.BuildData',
              lastBuiltRevision: { SHA1: sha, branch: [{ SHA1: sha, name: 'refs/remotes/origin/main' }] },
              remoteUrls: ['https://github.com/acme/till.git'],
            },
          ],
        },
      },
      makes: 'pipelinerun.started 2026-03-05T10:01:00.000Z, pipelinerun.finished 2026-03-05T10:09:00.000Z',
    },
    {
      event: 'CDEvents pipelinerun.finished',
      headers: json,
      body: {
        context: {
          version: '0.1.2',
          id: 'e-2',
          source: 'job/acme/job/till/5/',
          type: 'dev.cdevents.pipelinerun.finished.0.1.0',
          timestamp: '2026-03-05T10:09:00Z',
        },
        subject: { id: '5', type: 'PIPELINERUN', content: { pipelineName: 'acme » till', outcome: 'success' } },
        customData: {
          name: 'till',
          build: {
            fullUrl: 'https://jenkins.example.com/job/acme/job/till/5/',
            number: 5,
            queueId: 77,
            status: 'SUCCESS',
            scmState: { url: 'https://github.com/acme/till.git', branch: 'main', commit: sha },
          },
        },
        customDataContentType: 'application/json',
      },
      makes: 'pipelinerun.finished 2026-03-05T10:09:00.000Z',
    },
  ],
  samples: 'jenkins',
  headersOf: () => json,
  signsBody: false,
  sign: (_body, secret) => ({ authorization: `Basic ${Buffer.from(`headway:${secret}`).toString('base64')}` }),
  answers: {
    'generic-event.run.completed.json':
      'pipelinerun.started 2022-02-06T05:48:15.293Z, pipelinerun.finished 2022-02-06T05:48:17.008Z',
    'generic-event.run.started.json': 'pipelinerun.started 2022-02-06T05:48:15.293Z',
  },
};
