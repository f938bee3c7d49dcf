import { alertmanager } from './alertmanager.ts';
import { argocd } from './argocd.ts';
import { backstage } from './backstage.ts';
import { bitbucket } from './bitbucket.ts';
import { bitbucketServer } from './bitbucket-server.ts';
import { buildkite } from './buildkite.ts';
import { cdevents } from './cdevents.ts';
import { circleci } from './circleci.ts';
import { datadog } from './datadog.ts';
import { flux } from './flux.ts';
import { gatekeeper } from './gatekeeper.ts';
import { git } from './git.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { googleForms } from './google-forms.ts';
import { grafanaAlerting } from './grafana-alerting.ts';
import { grafanaOncall } from './grafana-oncall.ts';
import { incidentIo } from './incident-io.ts';
import { jenkins } from './jenkins.ts';
import { newrelic } from './newrelic.ts';
import { opa } from './opa.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import { servicenow } from './servicenow.ts';
import type { Source } from './source.ts';
import { statuspage } from './statuspage.ts';
import { tekton } from './tekton.ts';
import { typeform } from './typeform.ts';

/** Every sender that has a hook of its own. A new one is its file and a line here. */
export const sources: readonly Source[] = [
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

/** Finds the source behind `/hooks/{name}`. */
export type FindSource = (name: string) => Source | undefined;

/** The one behind `/hooks/{name}` among these sources, or undefined. */
export function finderOf(among: readonly Source[]): FindSource {
  const byName: ReadonlyMap<string, Source> = new Map(among.map((source) => [source.name, source]));
  return (name) => byName.get(name);
}

/** The source of the registry behind `/hooks/{name}`, or undefined; the workspace may define more. */
export const findSource: FindSource = finderOf(sources);
