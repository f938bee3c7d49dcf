import { readFileSync } from 'node:fs';
import { deliveryBoard } from '../dashboards/grafana/delivery.ts';
import {
  environmentReference,
  historyReference,
  metricReference,
  settingReference,
  settingTable,
  sourceReference,
} from '../dashboards/reference.ts';
import { sourceTable } from '../dashboards/source-table.ts';
import { sources } from '../ingest/sources/registry.ts';
import { metrics } from '../queries/metrics/registry.ts';
import { prometheusTokenVariable, secretVariable, variables } from './config.ts';

/** A file that is made from the registries and kept in the repository. */
export interface GeneratedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

// The rest of the README is written by hand.
const README_SETTINGS = /(?<=<!-- settings: made by `npm run generate` -->\n).*?(?=<!-- end of settings -->)/s;
const README_SENDERS = /(?<=<!-- senders: made by `npm run generate` -->\n).*?(?=<!-- end of senders -->)/s;

/** All files that `headway generate` writes, from the project's root; a test holds the kept ones to these. */
export function generatedFiles(): readonly GeneratedFile[] {
  const examples = sources.slice(0, 3).map(({ name }) => `\`${secretVariable(name)}\``);
  const secrets = {
    name: `${secretVariable('')}<SOURCE>`,
    text: `Secrets of a source, comma-separated while one is being replaced: ${examples.join(', ')} and so on, hyphens as underscores.`,
  };
  const prometheus = {
    name: `${prometheusTokenVariable('')}<DATASOURCE>`,
    text: 'Bearer token for a Prometheus server that service levels are pulled from, by the name of its DataSource in the workspace, hyphens and dots as underscores.',
  };
  const settings = [...variables, secrets, prometheus];
  const readme = readFileSync('README.md', 'utf8')
    .replace(README_SETTINGS, () => `\n${settingTable(settings)}\n`)
    .replace(README_SENDERS, () => `\n${sourceTable(sources)}\n\n`);
  return [
    { path: 'README.md', text: readme },
    { path: 'docs/metrics.md', text: metricReference(metrics) },
    { path: 'docs/sources.md', text: sourceReference(sources) },
    { path: 'docs/environments.md', text: environmentReference() },
    { path: 'docs/history.md', text: historyReference() },
    { path: 'docs/settings.md', text: settingReference(settings) },
    { path: 'dashboards/generated/grafana/delivery.json', text: json(deliveryBoard(metrics)) },
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
