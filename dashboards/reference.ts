import type { Source } from '../ingest/sources/source.ts';
import { whyNotCompared } from '../queries/compare.ts';
import { SPEC_VERSION } from '../queries/envelope.ts';
import { type Metric, type OptionSpec, optionsOf } from '../queries/metric.ts';
import { environmentsText } from './environments.ts';
import { historyText } from './history.ts';

const MADE = '<!-- Made by `npm run generate`: change the declarations instead. -->\n';

/** The metric reference as Markdown: one section per metric, in the order of the registry. */
export function metricReference(metrics: readonly Metric[]): string {
  const contents = metrics.map((metric) => `- [${metric.title}](#${anchor(metric.title)}): ${metric.question}`);
  const sections = metrics.map((metric) => metricSection(metric));
  return `${MADE}
# Metrics

Metric specification ${SPEC_VERSION}. Every answer carries its unit, its number of rows, an interval where one exists, coverage,
what was left out and why, and a status. A running server has the same text at \`/docs\`.

${contents.join('\n')}

${sections.join('\n')}`;
}

/** How to connect each sender, as Markdown. */
export function sourceReference(sources: readonly Source[]): string {
  const sections = sources.map((source) => {
    const rows = source.events.map(({ event, feeds }) => `| \`${event}\` | ${feeds} |`);
    return `## ${source.title}

${source.setup.replaceAll('{url}', `https://headway.example.org/hooks/${source.name}`)}

| Event | Feeds |
| --- | --- |
${rows.join('\n')}

Signature: ${source.signature}

Repeats: ${source.dedupe}
`;
  });
  return `${MADE}
# Sources

Each sender has an address of its own. A tool of your own that posts JSON is taught by a file, see
[custom-sources.md](custom-sources.md); anything else can be sent as canonical events to \`POST /v1/events\`.

${sections.join('\n')}`;
}

/** What counts as a rollout, as Markdown. */
export function environmentReference(): string {
  return `${MADE}
# Environments and rollouts
${environmentsText}`;
}

/** How to read the past and mend gaps, as Markdown. */
export function historyReference(): string {
  return `${MADE}
# History and repair
${historyText}`;
}

interface Setting {
  readonly name: string;
  readonly text: string;
}

/** The settings as Markdown. */
export function settingReference(settings: readonly Setting[]): string {
  return `${MADE}
# Settings

Environment variables. All problems of a configuration are reported at once, by name.

${settingTable(settings)}`;
}

/** The table of the settings alone, as Markdown. */
export function settingTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, text }) => `| \`${name}\` | ${text.replaceAll('|', '\\|')} |`);
  return `| Variable | What it does |\n| --- | --- |\n${rows.join('\n')}\n`;
}

const filtersAlone = ({ filtersOnly = [] }: Metric): string =>
  filtersOnly.length === 0 ? '' : `; filtered alone by ${filtersOnly.map((name) => `\`${name}\``).join(', ')}`;

/** What a metric can be set beside, as Markdown sentences, each after a blank; empty if nothing. */
export function comparedText(metric: Metric): string {
  const adopters = 'With `compare=adopters` services on the platform stand beside those that are not';
  const baseline = 'With `baseline=<from>..<to>` its median stands against that of another window';
  const ways = [...(whyNotCompared(metric) === null ? [adopters] : []), ...(metric.isReducible ? [baseline] : [])];
  return ways.map((way) => ` ${way}.`).join('');
}

function metricSection(metric: Metric): string {
  const caveats = metric.caveats.map((caveat) => `- ${caveat}`).join('\n');
  const options = Object.entries(optionsOf(metric)).map(
    ([name, spec]) =>
      `| \`${name}\` | ${valuesOf(spec)} | ${spec.type === 'calendar' ? 'none' : `\`${spec.default}\``} | ${spec.text} |`,
  );
  const examples = metric.examples.map(({ id, text }) => `- **${id}** ${text}`).join('\n');
  return `## ${metric.title}

\`${metric.id}\`, ${metric.unit}. ${metric.question}

${metric.description}
${caveats && `\n${caveats}\n`}
${metric.isUnfiltered ? 'Grouped' : 'Grouped and filtered'} by ${metric.dimensions.map((name) => `\`${name}\``).join(', ')}${filtersAlone(metric)}. Fed by ${metric.feeds.map((kind) => `\`${kind}\``).join(', ')}.${comparedText(metric)}

| Option | Values | Default | What it does |
| --- | --- | --- | --- |
${options.join('\n')}
${examples && `\n${examples}\n`}`;
}

function valuesOf(spec: OptionSpec): string {
  if (spec.type === 'choice') return spec.values.map((value) => `\`${value}\``).join(', ');
  if (spec.type === 'calendar') return 'the id of a calendar';
  return spec.type === 'flag' ? '`true`, `false`' : `${spec.min} to ${spec.max}`;
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
