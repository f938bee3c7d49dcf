import type { Delivery } from '../delivery.ts';
import { readCloudEvents, readEach } from './cloudevents.ts';
import { printedCdevent, readJenkinsCdevent } from './jenkins/cdevents.ts';
import { readGenericEvent } from './jenkins/generic-event.ts';
import { readNotification } from './jenkins/notification.ts';
import { rejected } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

/** Jenkins, through any of three plugins: Notification, Generic Event, CDEvents. */
export const jenkins: Source = {
  name: 'jenkins',
  title: 'Jenkins',
  normaliser: 1,
  events: [
    { event: 'Notification: QUEUED, STARTED, FINALIZED', feeds: 'pipeline runs: queued, started, finished' },
    { event: 'Generic Event: run.started, run.completed, run.finalized', feeds: 'pipeline runs: started, finished' },
    { event: 'CDEvents: pipelinerun.queued, .started, .finished', feeds: 'pipeline runs: queued, started, finished' },
  ],
  headers: ['referrer', 'x-event-type'],
  signature:
    'A static secret in the address (`?token=…`, or as its password). No plugin signs or sends headers, so use TLS.',
  dedupe: 'The build (controller, job and number; with the CDEvents plugin its item in the queue), its state and time.',
  setup: `1. Put a secret of letters and digits into \`HEADWAY_SECRET_JENKINS\`. The address is \`{url}?token=<secret>\`.
2. Set up **one** of the three plugins below; two would count every build twice.
3. A job that tells no repository counts under its own name, folders and all: give it as \`repository\` in the catalog.
4. UNSTABLE counts as failed. A job that deploys is a rollout once \`environments.yaml\` says so.

- *Notification* tells the most: commit, branch, repository and the time in the queue. Per job: *Job Notifications*, *Add
  Endpoint*, format JSON, protocol HTTP, event *All Events*, the address as a secret text credential, retries 3. TCP, UDP and
  XML are not understood.
- *Generic Event* is set once for all jobs: *Manage Jenkins*, *System*, *Event Dispatcher*, with run started and run finalized.
- *CDEvents* is set once for all jobs: *Manage Jenkins*, *System*, *CDEvents*, sink type HTTP. Its stages are not read: the
  plugin reports those that passed as errors.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const printed = printedCdevent(delivery.body);
  if (printed !== undefined) return readJenkinsCdevent(printed.value);
  const read = readCloudEvents(delivery);
  if (!read.ok) return read.normalized;
  return readEach(read.events, ({ data }) => {
    if (has(data, 'context', 'subject')) return readJenkinsCdevent(data);
    if (has(data, 'build')) return readNotification(data);
    if (has(data, 'type')) return readGenericEvent(data, delivery.headers.referrer);
    return rejected('body: is neither of the Notification, the Generic Event nor the CDEvents plugin');
  });
}

function has(data: unknown, ...keys: readonly string[]): boolean {
  return typeof data === 'object' && data !== null && keys.every((key) => Object.hasOwn(data, key));
}
