import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { root } from '../house/files.ts';
import { program } from '../support/program.ts';

/** A server that runs as a process of its own, as a person would start it. */
export interface ServerProcess {
  readonly url: string;
  /** SIGKILL: nothing is flushed or closed. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM: resolves with the exit code. */
  stop(): Promise<number | null>;
  /** What it has written to stderr so far. */
  output(): string;
}

/** Starts the server on a port; resolves once it answers. Rejects with its output if it ends before. */
export async function startServerProcess(port: number, env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program(), 'serve'], {
    cwd: root,
    env: { ...process.env, HEADWAY_PORT: String(port), HEADWAY_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const gone = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return gone;
  };
  const url = `http://127.0.0.1:${port}`;
  await untilAnswering(url, child, () => output);
  return {
    url,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    output: () => output,
  };
}

/** What a command left behind. */
export interface Ran {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs as a process of its own. */
export interface RunningCommand {
  readonly ended: Promise<Ran>;
  /** SIGKILL. */
  kill(): void;
}

/** Starts `headway` with the arguments, as a person would. Nothing is asked of a terminal: there is none. */
export function startCommand(args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand {
  const child = spawn(process.execPath, [program(), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => {
    said.out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    said.err += data.toString();
  });
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  return { ended, kill: () => void child.kill('SIGKILL') };
}

/** Waits until the server has taken everything that its log has by now, and has counted it. */
export async function untilCaughtUp(url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  for (;;) {
    const ready = (await fetch(`${url}/readyz`)).status === 200;
    const text = ready ? await (await fetch(`${url}/metrics`, { headers })).text() : '';
    if (/^headway_log_lag_records\{partition="0"\} 0$/m.test(text) && /^headway_behind 0$/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilAnswering(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended: ${output()}`);
    const response = await fetch(`${url}/healthz`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port that was free a moment ago: a restarted server must come back on the same one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
