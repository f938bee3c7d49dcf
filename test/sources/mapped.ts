import { normaliseDelivery } from '../../ingest/normalise.ts';
import { customSource } from '../../ingest/sources/custom/source.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import { delivery } from './deliveries.ts';

/** Every problem of a file that defines a source, as a person is told. */
export function problemsOf(text: string, path = 'sources/own.yaml'): string[] {
  const found = readWorkspace([{ path, text }], { timezone: 'UTC' });
  return found.ok ? [] : found.problems.map(({ file, line, message }) => `${file}:${line} ${message}`);
}

/** The source that a file defines; throws if anything is wrong with it. */
export function sourceOf(text: string, path = 'sources/own.yaml'): Source {
  const found = readWorkspace([{ path, text }], { timezone: 'UTC' });
  if (!found.ok) throw new Error(problemsOf(text, path).join('\n'));
  return customSource(found.workspace.sources[0]!);
}

/** What a mapped source makes of a body. */
export function read(source: Source, body: unknown, headers: Record<string, string> = {}) {
  return normaliseDelivery(source, delivery(source.name, body, headers));
}

/** The events that it must make of a body. */
export function eventsOf(source: Source, body: unknown, headers?: Record<string, string>) {
  const reading = read(source, body, headers);
  if (reading.outcome !== 'events') throw new Error(`${reading.outcome}: ${reading.reason}`);
  return reading.events;
}
