import { Command, Option } from 'commander';
import { freshness } from './freshness.ts';
import { intake } from './intake.ts';
import { queryCosts, type Times } from './queries.ts';

const parts = ['freshness', 'intake', 'queries'] as const;
const asked = new Command('bench')
  .description('the numbers to reach, as ratios measured in one run; absolute times only where a promise is one')
  .addOption(new Option('--only <part...>', 'some of the parts').choices([...parts]))
  .option(
    '--store <folder>',
    'the large store that queries are asked of: made if it is not there, which takes a while, and kept',
    'data/bench',
  )
  .option('--events <n>', 'how many events a large store that is made holds', '10000000')
  .parse()
  .opts<{ only?: readonly string[]; store: string; events: string }>();
const wanted = new Set(asked.only ?? parts);

if (wanted.has('freshness')) {
  const times = (await freshness(30)).sort((a, b) => a - b);
  const at = (share: number): string =>
    `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)} ms`;
  console.log(
    `202 to visible, 30 deployments one by one: p50 ${at(0.5)}, p90 ${at(0.9)}, worst ${at(1)} (promise: 2000 ms)`,
  );
}

if (wanted.has('intake')) {
  const { headwayPerSecond, barePerSecond } = await intake(8);
  console.log(
    `durable intake: ${Math.round(headwayPerSecond)} a second, bare handler ${Math.round(barePerSecond)}: ratio ${(headwayPerSecond / barePerSecond).toFixed(2)} (to reach: 0.8)`,
  );
}

if (wanted.has('queries')) {
  console.log(
    `two years of every metric in ${asked.store}: p50 / p95 in ms, and ratios to SQL by hand (to reach: 150 ms, 1.5)`,
  );
  const told = ({ p50, p95 }: Times): string => `${Math.round(p50)} / ${Math.round(p95)}`;
  for await (const { metric, asked: by, first, anew, again, byHand } of queryCosts(asked.store, Number(asked.events))) {
    const ratio = (times: Times): string => `(${(times.p50 / byHand.p50).toFixed(1)})`;
    console.log(
      `  ${metric.padEnd(38)} ${by.padEnd(24)} first ${Math.round(first)}, anew ${told(anew)} ${ratio(anew)}, nothing changed ${told(again)} ${ratio(again)}, by hand ${told(byHand)}`,
    );
  }
}
