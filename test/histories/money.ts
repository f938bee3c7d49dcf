import { teams } from './organisation.ts';
import { newRandom } from './random.ts';
import type { Story } from './story.ts';

const DAY_MS = 86_400_000;

/**
 * What the workspace says of money, corrected or taken back later, and costs in the currencies that it knows or does not. Drawn
 * apart from what else happens; of some companies nothing is told.
 */
export function tellMoney(story: Story, seed: number, start: number, end: number): void {
  const random = newRandom(seed ^ 0x6c078965);
  if (random.chance(0.3)) return;
  const days = Math.floor((end - start) / DAY_MS);
  const sometime = (): number => start + random.int(0, days) * DAY_MS;
  const iso = (at: number): string => new Date(at).toISOString();
  const late = (): number => random.pick([1_000, DAY_MS, 15 * DAY_MS]);
  const rates = () =>
    ['USD', 'USD', 'CHF', 'EUR'].map((currency, nth) => ({
      currency,
      // No two of one currency at one instant.
      from: iso(sometime() - random.pick([0, 200]) * DAY_MS + nth),
      rate: random.int(50, 150) / 100,
    }));
  const shares = () =>
    random
      .shuffled(['API', 'shop', 'web', 'nobody'])
      .slice(0, random.int(0, 3))
      .map((service_id) => ({ service_id, share: random.int(1, 9) / 4 }));
  for (let told = random.int(1, 3); told > 0; told -= 1) {
    const at = random.pick([start - 10 * DAY_MS, sometime()]);
    const removed = random.chance(0.1) ? { removed: true } : {};
    const money = { currency: random.pick(['EUR', 'EUR', 'USD']), rates: rates(), shares: shares(), ...removed };
    story.tell('money.defined', iso(at), money, { source: 'workspace', recordedAt: iso(at + late()) });
  }
  if (random.chance(0.3)) return;
  for (let told = random.int(3, 20); told > 0; told -= 1) {
    const from = sometime();
    const cost = {
      cost_id: `c${random.int(30, 60)}`,
      from: iso(from),
      to: iso(from + random.pick([0, 24, 720]) * 3_600_000),
      amount: random.int(-1_000, 100_000) / 100,
      currency: random.pick(['EUR', 'USD', 'USD', 'CHF', 'SEK']),
      ...(random.chance(0.3) ? { service_id: random.pick(['api', 'Shop', 'nobody']) } : {}),
      ...(random.chance(0.3) ? { team: random.pick(teams) } : {}),
      ...(random.chance(0.5) ? { category: random.pick(['people', 'licence']) } : {}),
    };
    story.tell('cost.recorded', iso(from), cost, { source: 'books', recordedAt: iso(from + late()) });
  }
}
