import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { CanonicalAnswer } from '../../ingest/receive.ts';
import { post, type ServerAddress } from '../client.ts';
import { CommandFailed } from './failure.ts';
import { type Progress, showProgress } from './progress.ts';
import { withServer } from './server.ts';

const BATCH_LINES = 1000;
const BATCH_BYTES = 8 * 1024 * 1024;
const JSON_LIMIT_BYTES = 24 * 1024 * 1024;
const SHOWN_PROBLEMS = 20;

/** `headway send`: canonical events of a file to /v1/events. */
export function sendCommand(program: Command): void {
  program
    .command('send')
    .argument('<file>', 'NDJSON (one event a line, any size), or JSON (one event or an array)')
    .description('send canonical events; sending a file twice changes nothing')
    .addHelpText(
      'after',
      `
Example of a line:
  {"id":"deploy-4711","type":"deployment.finished","source":"ship-it","occurred_at":"2026-03-05T10:15:00Z",
   "data":{"rollout_id":"4711","service_id":"checkout-api","environment":"production","revision":"9fceb02","outcome":"succeeded"}}
`,
    )
    .action(async (file: string) => {
      const { size } = await stat(file);
      const tally = await withServer((server) => sendFile(server, file, size));
      process.stdout.write(`${tally.accepted} accepted, ${tally.duplicate} sent before, ${tally.invalid} invalid\n`);
      for (const line of tally.problems.slice(0, SHOWN_PROBLEMS)) process.stderr.write(`  ${line}\n`);
      if (tally.problems.length > SHOWN_PROBLEMS)
        process.stderr.write(`  and ${tally.problems.length - SHOWN_PROBLEMS} more\n`);
      if (tally.invalid > 0) process.exitCode = 1;
    });
}

interface Tally {
  accepted: number;
  duplicate: number;
  invalid: number;
  readonly problems: string[];
}

async function sendFile(server: ServerAddress, file: string, size: number): Promise<Tally> {
  const tally: Tally = { accepted: 0, duplicate: 0, invalid: 0, problems: [] };
  if (await isOneDocument(file)) {
    if (size > JSON_LIMIT_BYTES)
      throw new CommandFailed(`${file} is one JSON document of more than 24 MiB: write one event a line instead.`);
    const body = await readFile(file, 'utf8');
    count(tally, await post(server, '/v1/events', 'application/json', body));
    return tally;
  }
  const progress = showProgress('Sending', 'KiB');
  await sendLines(server, file, size, tally, progress);
  progress.end();
  return tally;
}

/** True if the file is one JSON value over several lines, or an array. */
async function isOneDocument(file: string): Promise<boolean> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    if (line.trimStart().startsWith('[')) return true;
    try {
      JSON.parse(line);
      return false;
    } catch {
      return true;
    }
  }
  throw new CommandFailed(`${file} is empty.`);
}

async function sendLines(server: ServerAddress, file: string, size: number, tally: Tally, progress: Progress) {
  let batch: string[] = [];
  let bytes = 0;
  let sent = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    count(tally, await post(server, '/v1/events', 'application/x-ndjson', batch.join('\n')));
    sent += bytes;
    progress.update(Math.round(sent / 1024), Math.round(size / 1024));
    batch = [];
    bytes = 0;
  };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    batch.push(line);
    bytes += Buffer.byteLength(line) + 1;
    if (batch.length >= BATCH_LINES || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
}

function count(tally: Tally, { events }: { events: readonly CanonicalAnswer[] }): void {
  for (const { id, status, problems } of events) {
    tally[status] += 1;
    for (const { field, problem } of problems ?? []) tally.problems.push(`${id ?? '(no id)'}: ${field} ${problem}`);
  }
}
