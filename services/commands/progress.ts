import { Presets, SingleBar } from 'cli-progress';

/** Progress of long work, for people: a bar on a terminal, a line now and then elsewhere, always on stderr. */
export interface Progress {
  /** `total` 0: not known yet. */
  update(done: number, total: number): void;
  end(): void;
}

/** Starts showing progress of work of the given name, counted in `unit` (commits, deliveries). */
export function showProgress(name: string, unit: string): Progress {
  return process.stderr.isTTY === true ? bar(name, unit) : lines(name, unit);
}

function bar(name: string, unit: string): Progress {
  const shown = new SingleBar(
    {
      format: `${name} {bar} {percentage} % · {value} of {total} ${unit} · {eta_formatted} left`,
      hideCursor: true,
      etaBuffer: 50,
      stream: process.stderr,
    },
    Presets.shades_grey,
  );
  shown.start(0, 0);
  return {
    update(done, total) {
      shown.setTotal(Math.max(total, done));
      shown.update(done);
    },
    end: () => shown.stop(),
  };
}

const LINE_EVERY_MS = 5000;

function lines(name: string, unit: string): Progress {
  let last = performance.now();
  const say = (done: number, total: number) =>
    process.stderr.write(`${name}: ${done}${total > 0 ? ` of ${total}` : ''} ${unit}\n`);
  let latest: [number, number] = [0, 0];
  return {
    update(done, total) {
      latest = [done, total];
      if (performance.now() - last < LINE_EVERY_MS) return;
      last = performance.now();
      say(done, total);
    },
    end: () => say(...latest),
  };
}
