import type { RootDatabase } from 'lmdb';

/** Offsets are counted in this process, so a second one would overwrite. LMDB's table of readers lists the live processes. */
export function isShared(root: RootDatabase<Buffer, Buffer>): boolean {
  root.readerCheck();
  const processes = [...root.readerList().matchAll(/^\s*(\d+) [0-9a-f]+ /gm)].map(([, pid]) => Number(pid));
  return processes.some((pid) => pid !== process.pid);
}
