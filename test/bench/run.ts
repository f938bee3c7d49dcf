import { freshness } from './freshness.ts';
import { intake } from './intake.ts';

/** `npm run bench`: the numbers to reach, as ratios measured in one run; absolute times only where a promise is one. */
const times = (await freshness(30)).sort((a, b) => a - b);
const at = (share: number): string =>
  `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)} ms`;
console.log(
  `202 to visible, 30 deployments one by one: p50 ${at(0.5)}, p90 ${at(0.9)}, worst ${at(1)} (promise: 2000 ms)`,
);

const { headwayPerSecond, barePerSecond } = await intake(8);
console.log(
  `durable intake: ${Math.round(headwayPerSecond)} a second, bare handler ${Math.round(barePerSecond)}: ratio ${(headwayPerSecond / barePerSecond).toFixed(2)} (to reach: 0.8)`,
);
