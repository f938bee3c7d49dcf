import { metricReference, settingReference, sourceReference } from '../dashboards/reference.ts';
import { sources } from '../ingest/sources/registry.ts';
import { metrics } from '../queries/metrics/registry.ts';
import { secretVariable, variables } from './config.ts';

/** A file that is made from the registries and kept in the repository. */
export interface GeneratedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** All files that `headway generate` writes; a test holds the kept ones to these. */
export function generatedFiles(): readonly GeneratedFile[] {
  const secrets = sources.map((source) => ({
    name: secretVariable(source.name),
    text: `Secrets of ${source.title}, comma-separated while one is being replaced.`,
  }));
  return [
    { path: 'docs/metrics.md', text: metricReference(metrics) },
    { path: 'docs/sources.md', text: sourceReference(sources) },
    { path: 'docs/settings.md', text: settingReference([...variables, ...secrets]) },
  ];
}
