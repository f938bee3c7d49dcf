import type { QuantileValue } from '../../queries/envelope.ts';

/** R37: the Kaplan-Meier quantile, with S(t) as an exact fraction, each t looked at for itself. */
export function kaplanMeier(closed: readonly number[], lasting: readonly number[], percent: number): QuantileValue {
  const times = [...new Set(closed)].sort((a, b) => a - b);
  let above = 1n;
  let below = 1n;
  let greenwood = 0;
  const curve = times.map((t) => {
    const d = closed.filter((one) => one === t).length;
    const r = closed.filter((one) => one >= t).length + lasting.filter((one) => one >= t).length;
    above *= BigInt(r - d);
    below *= BigInt(r);
    const common = divisor(above, below);
    above /= common;
    below /= common;
    greenwood += d / (r * (r - d));
    return { t, above, below, greenwood };
  });
  const value = curve.find((one) => one.above * 100n <= one.below * BigInt(100 - percent))?.t ?? null;
  const target = Math.log(-Math.log(1 - percent / 100));
  const reaches = (side: 1 | -1) =>
    curve.find((one) => {
      if (one.above === 0n) return side === 1;
      const log = Math.log(Number(one.above) / Number(one.below));
      return Math.log(-log) + (side * 1.959964 * Math.sqrt(one.greenwood)) / Math.abs(log) >= target;
    })?.t ?? null;
  const [low, high] = [reaches(1), reaches(-1)];
  return {
    value,
    ci: low === null && high === null ? null : { low, high, level: 0.95, method: 'brookmeyer_crowley' },
    lower_bound: value === null ? (times.at(-1) ?? null) : null,
  };
}

function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisor(b, a % b);
}
