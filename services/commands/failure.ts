/** Why a command could not do what it was asked: shown without a stack trace, exit code 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** What to tell a person about anything that was thrown; null if it is a bug, which deserves its stack. */
export function explain(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'CommandFailed' || error.name === 'ServerRefused') return error.message;
  const { code, path, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port ?? ''} is taken. Set HEADWAY_PORT to another one, or stop the process that has it.`;
  if (code === 'ENOENT' && path) return `${path} does not exist.`;
  if (code === 'EACCES') return `${path ?? 'A file'} may not be read or written by this user.`;
  return null;
}
