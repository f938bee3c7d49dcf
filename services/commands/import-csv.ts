import { readFile, stat } from 'node:fs/promises';
import { Argument, type Command } from 'commander';
import { IANAZone } from 'luxon';
import { eventId } from '../../ingest/event.ts';
import { type CsvEvent, readCsvFile } from '../../ingest/import/csv-events.ts';
import { type CsvKind, type CsvKindName, csvKinds } from '../../ingest/import/csv-kinds.ts';
import type { CanonicalAnswer } from '../../ingest/receive.ts';
import { parseSince } from '../../ingest/workspace/definition.ts';
import { getJson, post, type ServerAddress, ServerRefused } from '../client.ts';
import { systemClock } from '../clock.ts';
import { CommandFailed } from './failure.ts';
import { showProgress } from './progress.ts';
import { withServer } from './server.ts';
import { loadConfig } from './settings.ts';

const MOST_BYTES = 64 * 1024 * 1024;
const BATCH_EVENTS = 2000;
const SHOWN_PROBLEMS = 50;

interface CsvOptions {
  readonly dryRun?: boolean;
  readonly separator: string;
  readonly timezone?: string;
  readonly until?: string;
}

/** `headway import csv`: what only a spreadsheet knows. */
export function importCsvCommand(parent: Command): void {
  const kinds = Object.keys(csvKinds) as CsvKindName[];
  parent
    .command('csv')
    .addArgument(new Argument('<kind>', 'what the file holds').choices(kinds))
    .argument('<file>', 'CSV (RFC 4180, UTF-8) with a header row; the order of the columns is free')
    .description('a whole file or, where anything is wrong with it, nothing; importing it twice changes nothing')
    .option('--dry-run', 'say what is wrong, or what would be sent, and send nothing')
    .option('--separator <character>', 'what stands between the cells: , or ; or tab', ',')
    .option('--timezone <zone>', 'where a bare date begins; without it the reporting zone')
    .option('--until <date>', 'up to when the file is complete; without it up to the latest time in it')
    .addHelpText('after', `\n${kinds.map((name) => kindHelp(name, csvKinds[name])).join('\n')}\n${EXAMPLES}`)
    .action(async (kind: CsvKindName, file: string, options: CsvOptions) => importFile(kind, file, options));
}

const EXAMPLES = `Times are dates (2026-03-05) or instants with a zone (2026-03-05T10:00:00Z). Empty cells say nothing.

Examples:
  $ npm run headway -- import csv surveys spring.csv --dry-run
  $ npm run headway -- import csv costs 2026-q1.csv --until 2026-04-01 --separator ';'`;

function kindHelp(name: string, { text, columns }: CsvKind): string {
  const width = Math.max(...columns.map((column) => column.name.length));
  const lines = columns.map(
    (column) =>
      `  ${column.needed ? '*' : ' '} ${column.name.padEnd(width)}  ${column.text}${column.type === 'flag' ? ' (yes, no)' : ''}`,
  );
  return `${name}: ${text}; columns (* needed):\n${lines.join('\n')}\n`;
}

async function importFile(kind: CsvKindName, path: string, options: CsvOptions): Promise<void> {
  const config = loadConfig('all');
  const { timezone = config.timezone } = options;
  if (!IANAZone.isValidZone(timezone))
    throw new CommandFailed(`'${timezone}' is not a time zone, such as Europe/Berlin.`);
  const until = options.until === undefined ? undefined : (parseSince(options.until, timezone) ?? undefined);
  const now = systemClock.now();
  if (options.until !== undefined && (until === undefined || until > now)) {
    throw new CommandFailed(`--until ${options.until} is not a date or a time with its zone, or lies ahead.`);
  }
  const text = await readText(path);
  const separator = options.separator.toLowerCase() === 'tab' ? '\t' : options.separator;
  if (!/^[,;|\t]$/.test(separator)) throw new CommandFailed('--separator is one of , ; | and tab.');
  const file = { kind, text, separator, timezone, now, takesComments: config.surveyComments };
  const read = readCsvFile({ ...file, ...(until === undefined ? {} : { until }) });
  if (!read.ok) throw new CommandFailed(problemText(path, read.problems));
  const counts = new Map<string, number>();
  for (const { type } of read.events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const summary = [...counts].map(([type, count]) => `${count} ${type}`).join(', ');
  if (options.dryRun) {
    process.stdout.write(`${path}: ${read.rows} rows are right and would become ${summary}. Nothing was sent.\n`);
    return;
  }
  await withServer(async (server) => {
    if (kind === 'costs') await refuseChanged(server, path, read.events);
    // By themselves, and first: a server that does not ask for them refuses them before it has taken anything else.
    const isComment = ({ type }: CsvEvent) => type === 'survey.commented';
    await send(server, read.events.filter(isComment));
    await send(
      server,
      read.events.filter((event) => !isComment(event)),
    );
  });
  process.stdout.write(`${path}: ${read.rows} rows became ${summary}.\n`);
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MOST_BYTES)
    throw new CommandFailed(`${path} is larger than 64 MiB: split it, each part with the header row.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw new CommandFailed(`${path} is not UTF-8: save it as "CSV UTF-8".`);
    throw error;
  }
}

/** Every problem by row and column, up to fifty of them. */
function problemText(
  path: string,
  problems: readonly { row: number; column: string | null; problem: string }[],
): string {
  const lines = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ row, column, problem }) => `  row ${row}${column === null ? '' : `, ${column}`}: ${problem}`);
  const more = problems.length - lines.length;
  return `${path} was not imported, ${problems.length} problems:\n${lines.join('\n')}${more > 0 ? `\n  and ${more} more` : ''}`;
}

/** A cost that is known with another amount would go on counting as it was: better to say so than to seem to change it. */
async function refuseChanged(server: ServerAddress, path: string, events: readonly CsvEvent[]): Promise<void> {
  const changed: string[] = [];
  const rest = events.filter(({ type }) => type === 'cost.recorded').values();
  const look = async () => {
    for (const event of rest) {
      const known = await knownAmount(server, eventId(event.source, [event.type, event.id]));
      const { amount, currency, from } = event.data as { amount: number; currency: string; from: string };
      if (known === null || known === `${amount} ${currency}`) continue;
      changed.push(`  from ${from.slice(0, 10)}: ${amount} ${currency}, known as ${known}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, look));
  if (changed.length === 0) return;
  throw new CommandFailed(
    `${path} was not imported, ${changed.length} costs are known with another amount:\n${changed.slice(0, SHOWN_PROBLEMS).join('\n')}\n` +
      'Leave them as they were, and add the difference as a row with a cost_id of its own.',
  );
}

async function knownAmount(server: ServerAddress, id: string): Promise<string | null> {
  try {
    const { data } = await getJson<{ data: { amount?: number; currency?: string } }>(server, `/v1/events/${id}`);
    return `${data.amount} ${data.currency}`;
  } catch (error) {
    if (error instanceof ServerRefused && error.status === 404) return null;
    throw error;
  }
}

async function send(server: ServerAddress, events: readonly CsvEvent[]): Promise<void> {
  if (events.length === 0) return;
  const progress = showProgress('Sending', 'events');
  for (let from = 0; from < events.length; from += BATCH_EVENTS) {
    const lines = events.slice(from, from + BATCH_EVENTS).map((event) => JSON.stringify(event));
    type Answer = { events: readonly CanonicalAnswer[] };
    const answer = await post<Answer>(server, '/v1/events', 'application/x-ndjson', lines.join('\n'));
    const refused = answer.events.find(({ status }) => status === 'invalid');
    if (refused) throw new ServerRefused(`the server refused ${refused.id}: ${JSON.stringify(refused.problems)}`);
    progress.update(Math.min(from + BATCH_EVENTS, events.length), events.length);
  }
  progress.end();
}
