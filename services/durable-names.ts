import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes the names in a folder durable: what was made, renamed or removed there stays so when the power fails. */
export function keepNames(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
