import type { Delivery } from '../../ingest/delivery.ts';
import { alertmanager } from './cases/alertmanager.ts';
import { argocd } from './cases/argocd.ts';
import { backstage } from './cases/backstage.ts';
import { bitbucket } from './cases/bitbucket.ts';
import { bitbucketServer } from './cases/bitbucket-server.ts';
import { buildkite } from './cases/buildkite.ts';
import type { Base, SourceCase } from './cases/case.ts';
import { cdevents } from './cases/cdevents.ts';
import { circleci } from './cases/circleci.ts';
import { datadog } from './cases/datadog.ts';
import { flux } from './cases/flux.ts';
import { gatekeeper } from './cases/gatekeeper.ts';
import { git } from './cases/git.ts';
import { gitea } from './cases/gitea.ts';
import { github } from './cases/github.ts';
import { gitlab } from './cases/gitlab.ts';
import { googleForms } from './cases/google-forms.ts';
import { grafanaAlerting } from './cases/grafana-alerting.ts';
import { grafanaOncall } from './cases/grafana-oncall.ts';
import { incidentIo } from './cases/incident-io.ts';
import { jenkins } from './cases/jenkins.ts';
import { newrelic } from './cases/newrelic.ts';
import { opa } from './cases/opa.ts';
import { opsgenie } from './cases/opsgenie.ts';
import { pagerduty } from './cases/pagerduty.ts';
import { servicenow } from './cases/servicenow.ts';
import { statuspage } from './cases/statuspage.ts';
import { tekton } from './cases/tekton.ts';
import { typeform } from './cases/typeform.ts';
import { delivery, samplesIn } from './deliveries.ts';

/** One case per source of the registry, in its order. */
export const cases: readonly SourceCase[] = [
  github,
  gitlab,
  bitbucket,
  bitbucketServer,
  gitea,
  git,
  circleci,
  buildkite,
  argocd,
  flux,
  cdevents,
  tekton,
  jenkins,
  pagerduty,
  alertmanager,
  backstage,
  typeform,
  googleForms,
  opa,
  gatekeeper,
  grafanaAlerting,
  grafanaOncall,
  opsgenie,
  incidentIo,
  datadog,
  newrelic,
  servicenow,
  statuspage,
];

/** A base as its sender would send it, or with another body in its place. */
export function fromBase({ source }: SourceCase, base: Base, body: unknown = base.body): Delivery {
  return delivery(source.name, body, base.headers);
}

/** The sender's own payloads by file name, as it would send them. None in a bare clone. */
export function sampleDeliveries({ source, samples, headersOf, bodyOf }: SourceCase): ReadonlyMap<string, Delivery> {
  const files = samples === undefined ? [] : [...samplesIn(samples)];
  return new Map(
    files.map(([file, body]) => [file, delivery(source.name, bodyOf?.(body) ?? body, headersOf?.(file, body))]),
  );
}
