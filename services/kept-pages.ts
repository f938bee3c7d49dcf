/** Pages as they were last rendered, for as long as nothing that they count has changed. */
export interface KeptPages {
  /**
   * The page of that address at that position of the numbers: as kept, else made anew. One kept for more than a few seconds is
   * made anew behind the answer, so that "as of" moves on; one older than some minutes is waited for.
   */
  page(address: string, position: string, make: () => Promise<string>): Promise<string>;
}

export interface KeptPagesDeps {
  /** Epoch ms of the clock that pages state. */
  readonly now: () => number;
  /** Told when making anew behind an answer failed. */
  readonly onFailure: (error: unknown) => void;
}

const FRESH_MS = 5_000;
const LONGEST_MS = 300_000;
const MOST_PAGES = 100;

interface Kept {
  readonly position: string;
  readonly at: number;
  readonly text: Promise<string>;
}

/** Keeps the last pages asked for. A failure is not kept. */
export function keepPages({ now, onFailure }: KeptPagesDeps): KeptPages {
  const kept = new Map<string, Kept>();
  const renewing = new Set<string>();
  const makeAnew = (address: string, position: string, make: () => Promise<string>): Promise<string> => {
    const mine: Kept = { position, at: now(), text: make() };
    kept.delete(address);
    kept.set(address, mine);
    // The map tells ages by its order: the first is the one renewed longest ago.
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_PAGES) break;
      kept.delete(oldest);
    }
    mine.text.catch(() => {
      if (kept.get(address) === mine) kept.delete(address);
    });
    return mine.text;
  };
  return {
    page(address, position, make) {
      const known = kept.get(address);
      const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.at;
      if (known === undefined || known.position !== position || age < 0 || age > LONGEST_MS) {
        return makeAnew(address, position, make);
      }
      if (age > FRESH_MS && !renewing.has(address)) {
        renewing.add(address);
        const renewed = make();
        renewed
          .then(() => {
            if (kept.get(address) === known) kept.set(address, { position, at: now(), text: renewed });
          }, onFailure)
          .finally(() => renewing.delete(address));
      }
      return known.text;
    },
  };
}
