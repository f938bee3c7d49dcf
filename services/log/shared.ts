/** Something costly that is made on first use, kept, and made anew after it was dropped. */
export interface Shared<T> {
  get(): Promise<T>;
  drop(release: (value: T) => Promise<void>): Promise<void>;
}

/** Concurrent callers of `get` share one making; a failed one is not kept. */
export function shared<T>(make: () => Promise<T>): Shared<T> {
  let made: Promise<T> | null = null;
  return {
    get() {
      if (made === null) {
        const making = make();
        made = making;
        making.catch(() => {
          if (made === making) made = null;
        });
      }
      return made;
    },
    async drop(release) {
      const dropped = made;
      made = null;
      if (dropped !== null) await dropped.then(release).catch(() => {});
    },
  };
}
