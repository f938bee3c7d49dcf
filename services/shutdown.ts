/** What was started, to be stopped in reverse. */
export interface Shutdown {
  /** Remembers how to stop what has just been started. */
  add(name: string, stop: () => Promise<unknown> | undefined): void;
  /** Stops everything, last started first; one that fails does not keep the others from stopping. Later calls wait for the first. */
  run(): Promise<readonly { name: string; error: unknown }[]>;
}

/** An empty list of things to stop. */
export function createShutdown(): Shutdown {
  const started: { name: string; stop: () => Promise<unknown> | undefined }[] = [];
  let running: Promise<{ name: string; error: unknown }[]> | null = null;
  return {
    add: (name, stop) => void started.push({ name, stop }),
    run() {
      running ??= stopAll(started);
      return running;
    },
  };
}

async function stopAll(started: { name: string; stop: () => Promise<unknown> | undefined }[]) {
  const failed: { name: string; error: unknown }[] = [];
  for (const { name, stop } of started.reverse()) {
    try {
      await stop();
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return failed;
}
