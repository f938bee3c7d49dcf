import type { FieldProblem } from './http/problems.ts';

/** A server that a command speaks to. */
export interface ServerAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | null;
}

/** An answer that was not a success: its problem in words for people. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused';
  /** HTTP status; null if there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

/** True if a Headway server answers there. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2000) });
    return response.ok && ((await response.json()) as { status?: string }).status === 'ok';
  } catch {
    return false;
  }
}

/** Waits until the server says that it is ready; rejects after `seconds`. */
export async function untilReady(server: ServerAddress, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const response = await fetch(`${server.url}/readyz`).catch(() => null);
    if (response?.ok) return;
    if (performance.now() > end) throw new ServerRefused(`${server.url} was not ready within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** GET of a JSON answer. Rejects with {@link ServerRefused} for anything but a success. */
export async function getJson<T>(server: ServerAddress, path: string): Promise<T> {
  const response = await fetch(server.url + path, { headers: authorization(server) });
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** POST of a body; JSON back. Rejects with {@link ServerRefused} for anything but a success. */
export async function post<T>(server: ServerAddress, path: string, type: string, body: string): Promise<T> {
  const headers = { ...authorization(server), 'content-type': type };
  const response = await fetch(server.url + path, { method: 'POST', headers, body });
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** POST whose answer is NDJSON, line by line as it comes: long work reports its progress this way. */
export async function* postForLines<T>(server: ServerAddress, path: string): AsyncGenerator<T> {
  const response = await fetch(server.url + path, { method: 'POST', headers: authorization(server) });
  if (!response.ok || response.body === null) throw await refusal(response);
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
}

function authorization({ token }: ServerAddress): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

async function refusal(response: Response): Promise<ServerRefused> {
  const text = await response.text();
  try {
    const { title, detail, problems } = JSON.parse(text) as {
      title?: string;
      detail?: string;
      problems?: readonly FieldProblem[];
    };
    const fields = (problems ?? []).map(({ field, problem }) => `\n  ${field} ${problem}`).join('');
    return new ServerRefused(
      `${response.status}: ${title ?? 'refused'}${detail ? `. ${detail}` : ''}${fields}`,
      response.status,
    );
  } catch {
    return new ServerRefused(`the server answered ${response.status}`, response.status);
  }
}
