/** How far long work is. `total` 0: not known yet. */
export interface WorkProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

export type LongWork = (progress: WorkProgress) => void;

/** A line of the answer to long work: progress, at last what it came to, or that it failed. */
export type WorkLine<T> = { readonly progress: WorkProgress } | { readonly result: T } | { readonly failed: string };

const LINE_EVERY_MS = 250;

/** Runs long work and yields its progress as NDJSON lines, a few a second, and its result last. Never throws: it says `failed`. */
export async function* workLines<T>(work: (onProgress: LongWork) => Promise<T>, onError: (error: unknown) => void) {
  let latest: WorkProgress | null = null;
  let finished = false;
  let wake: () => void = () => undefined;
  const outcome = work((progress) => {
    latest = progress;
  })
    .then(
      (result): WorkLine<T> => ({ result }),
      (error: unknown): WorkLine<T> => {
        onError(error);
        return { failed: 'it was logged by the server' };
      },
    )
    .finally(() => {
      finished = true;
      wake();
    });
  while (!finished) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, LINE_EVERY_MS);
    });
    if (latest !== null && !finished) yield `${JSON.stringify({ progress: latest })}\n`;
  }
  yield `${JSON.stringify(await outcome)}\n`;
}
