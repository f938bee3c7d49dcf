import { afterAll } from 'vitest';

const held: (() => unknown)[] = [];

/**
 * Lets go of something after the tests of the file, in reverse order: `afterAll`, for what is opened within a hook or a test,
 * where `afterAll` comes too late to be heard.
 */
export function releaseAfterFile(release: () => unknown): void {
  held.push(release);
}

/** For the set-up of every test file. */
export function releaseAfterEachFile(): void {
  afterAll(async () => {
    for (const release of held.splice(0).reverse()) await release();
  });
}
