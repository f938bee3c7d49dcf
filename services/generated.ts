import { readFileSync } from 'node:fs';
import { deliveryBoard } from '../dashboards/grafana/delivery.ts';
import {
  environmentReference,
  metricReference,
  settingReference,
  settingTable,
  sourceReference,
} from '../dashboards/reference.ts';
import { sources } from '../ingest/sources/registry.ts';
import { metrics } from '../queries/metrics/registry.ts';
import { secretVariable, variables } from './config.ts';

/** A file that is made from the registries and kept in the repository. */
export interface GeneratedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

// The rest of the README is written by hand.
const README_SETTINGS = /(?<=<!-- settings: made by `npm run generate` -->\n).*?(?=<!-- end of settings -->)/s;

/** All files that `headway generate` writes, from the project's root; a test holds the kept ones to these. */
export function generatedFiles(): readonly GeneratedFile[] {
  const secrets = sources.map((source) => ({
    name: secretVariable(source.name),
    text: `Secrets of ${source.title}, comma-separated while one is being replaced.`,
  }));
  const settings = [...variables, ...secrets];
  const readme = readFileSync('README.md', 'utf8');
  return [
    { path: 'README.md', text: readme.replace(README_SETTINGS, () => `\n${settingTable(settings)}\n`) },
    { path: 'docs/metrics.md', text: metricReference(metrics) },
    { path: 'docs/sources.md', text: sourceReference(sources) },
    { path: 'docs/environments.md', text: environmentReference() },
    { path: 'docs/settings.md', text: settingReference(settings) },
    { path: 'dashboards/generated/grafana/delivery.json', text: json(deliveryBoard(metrics)) },
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
