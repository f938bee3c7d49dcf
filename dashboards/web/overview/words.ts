import type { Judgement } from '../difference.ts';
import { formatNumber, formatPlainShare, formatValue, quantityOf } from '../numbers.ts';
import { showsValue } from '../states.ts';
import type { View } from '../view.ts';
import type { KeyReading, OverviewModel } from './model.ts';

interface Clause {
  readonly better: string;
  readonly worse: string;
}

const clauses: Readonly<Record<string, Clause>> = {
  'dora.change_lead_time': { better: 'changes reach production sooner', worse: 'changes reach production later' },
  'dora.deployment_frequency': { better: 'deployments come more often', worse: 'deployments come less often' },
  'dora.failed_deployment_recovery_time': {
    better: 'failures are repaired faster',
    worse: 'failures are repaired more slowly',
  },
  'dora.change_fail_rate': { better: 'fewer deployments fail', worse: 'more deployments fail' },
  'dora.deployment_rework_rate': { better: 'fewer deployments are repairs', worse: 'more deployments are repairs' },
};

/** The page in one sentence: a clause for throughput and one for instability (pages.md §8). */
export function pageSentence(model: OverviewModel): string {
  if (model.view.baseline === null) return plainSentence(model.keys);
  const throughput = clauseOf(model.keys, 'throughput', 'throughput');
  const stability = clauseOf(model.keys, 'instability', 'stability');
  const text = `${throughput}; ${stability}.`;
  const same = [' shows no detectable change', ' cannot be told', ' moved both ways'].find(
    (end) => throughput.endsWith(end) && stability.endsWith(end),
  );
  return capital(same === undefined ? text : `throughput and stability ${pluralEnd[same.trim()] ?? same.trim()}.`);
}

const pluralEnd: Readonly<Record<string, string>> = { 'shows no detectable change': 'show no detectable change' };

function clauseOf(readings: readonly KeyReading[], factor: string, name: string): string {
  const mine = readings.filter((reading) => reading.key.factor === factor);
  const judged = (judgement: Judgement) => mine.filter((reading) => reading.difference?.judgement === judgement);
  const [better, worse] = [judged('better'), judged('worse')];
  if (better.length > 0 && worse.length > 0) return `${name} moved both ways`;
  if (better.length > 0) return joinClauses(better, 'better');
  if (worse.length > 0) return joinClauses(worse, 'worse');
  return judged('none').length > 0 ? `${name} shows no detectable change` : `${name} cannot be told`;
}

function joinClauses(readings: readonly KeyReading[], way: keyof Clause): string {
  const ids = readings.map((reading) => reading.key.id);
  const [lead, frequency] = ['dora.change_lead_time', 'dora.deployment_frequency'].map((id) => ids.includes(id));
  const words = ids.map((id) => clauses[id]?.[way] ?? '');
  if (lead && frequency) {
    const joined = way === 'better' ? 'sooner and more often' : 'later and less often';
    words.splice(0, 2, `changes reach production ${joined}`);
  }
  if (ids.includes('dora.change_fail_rate') && ids.includes('dora.deployment_rework_rate')) {
    const less = way === 'better' ? 'fewer' : 'more';
    return `${less} deployments fail and ${less} are repairs`;
  }
  return words.join(' and ');
}

/** Without a comparison the sentence says where things stand. */
function plainSentence(readings: readonly KeyReading[]): string {
  const said = [
    valueWords(readings, 'dora.change_lead_time', (value) => `half of all changes are live within ${value}`),
    valueWords(readings, 'dora.change_fail_rate', (value) => `${value} of deployments fail`),
  ].filter((text) => text !== '');
  return said.length === 0 ? 'Nothing can be told of this window yet.' : `${capital(said.join('; '))}.`;
}

function valueWords(readings: readonly KeyReading[], id: string, say: (value: string) => string): string {
  const row = readings.find((reading) => reading.key.id === id)?.now;
  if (!row || row.value === null || !showsValue(row)) return '';
  return say(formatValue(quantityOf(row.unit), row.value, row.value, row.n));
}

/** What the windows are called: "than in the 90 days before". */
export function baselineWords(view: View): string {
  return view.against === 'year' ? 'the same days last year' : `the ${formatNumber(view.window.days)} days before`;
}

/** Two or three sentences under the page's sentence. */
export function ledeWords(model: OverviewModel): string {
  const { keys: readings, view } = model;
  const lead = readings.find((reading) => reading.key.id === 'dora.change_lead_time');
  const sentences: string[] = [];
  if (view.baseline === null) return plainLede(readings);
  const half = valueWords(
    readings,
    'dora.change_lead_time',
    (value) => `Half of all changes are now live within ${value}`,
  );
  if (half) sentences.push(`${half}${distanceWords(lead, view)}.`);
  else sentences.push('No lead time can be told for this window.');

  const others = readings.filter((reading) => reading !== lead);
  for (const reading of others) {
    const { difference, now, key } = reading;
    if (!difference || !now || difference.estimate === null) continue;
    if (difference.judgement !== 'better' && difference.judgement !== 'worse') continue;
    const size = Math.abs(difference.estimate);
    const quantity = quantityOf(now.unit);
    const by =
      quantity.kind === 'share' ? `${formatNumber(size * 100, 1)} percentage points` : formatValue(quantity, size);
    sentences.push(`${key.title} is ${difference.judgement} by ${by}.`);
  }
  const still = others.filter((reading) => reading.difference?.judgement === 'none').length;
  const untold = others.filter((reading) =>
    ['unknown', 'no baseline', undefined].includes(reading.difference?.judgement),
  ).length;
  if (still > 0) {
    const which =
      still === others.length
        ? `The other ${count(still)} keys`
        : `${capital(count(still))} other ${still === 1 ? 'key' : 'keys'}`;
    sentences.push(
      `${which} moved by less than ${still === 1 ? 'its interval' : 'their intervals'} can tell from chance.`,
    );
  }
  if (untold > 0) {
    const which =
      untold === others.length
        ? `The other ${count(untold)} keys`
        : `${capital(count(untold))} other ${untold === 1 ? 'key' : 'keys'}`;
    sentences.push(`${which} cannot be compared: too little is known of one of the windows.`);
  }
  return sentences.join(' ');
}

/** Where nothing is compared, the lede adds what the sentence leaves out. */
function plainLede(readings: readonly KeyReading[]): string {
  return [
    valueWords(readings, 'dora.deployment_frequency', (value) => `Deployments reach production at a rate of ${value}.`),
    valueWords(
      readings,
      'dora.failed_deployment_recovery_time',
      (value) => `Half of the failed ones are restored within ${value}.`,
    ),
    valueWords(readings, 'dora.deployment_rework_rate', (value) => `${value} of deployments are unplanned repairs.`),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function distanceWords(lead: KeyReading | undefined, view: View): string {
  const difference = lead?.difference;
  if (!difference || !lead?.now || difference.estimate === null) return '';
  if (difference.judgement !== 'better' && difference.judgement !== 'worse') return '';
  const by = formatValue(quantityOf(lead.now.unit), Math.abs(difference.estimate));
  return `, ${by} ${difference.judgement === 'better' ? 'sooner' : 'later'} than in ${baselineWords(view)}`;
}

/** One thing that needs somebody to decide. */
export interface Decision {
  readonly title: string;
  readonly text: string;
  readonly link: { readonly words: string; readonly href: string };
}

/** At most three: gaps that bias a number, the heaviest first. */
export function decisions(model: OverviewModel): readonly Decision[] {
  const found: Decision[] = [];
  const row = (id: string) => model.keys.find((reading) => reading.key.id === id);
  const rework = row('dora.deployment_rework_rate');
  const fail = row('dora.change_fail_rate');
  const lead = row('dora.change_lead_time');

  const silent = model.keys.filter(
    (reading) => reading.now && reading.now.coverage < 0.8 && reading.now.status === 'no_data',
  );
  if (silent[0]?.now) {
    found.push({
      title:
        silent.length === 5
          ? 'None of the five keys has data.'
          : `${count(silent.length, true)} of the five keys ${silent.length === 1 ? 'has' : 'have'} no data.`,
      text: `${formatPlainShare(silent[0].now.coverage, 0)} of the window is covered where 80 % is needed; a source is silent or not connected.`,
      link: { words: 'See the answer', href: silent[0].dataLink },
    });
  }
  const unlinked = fail?.now?.unlinked_n ?? 0;
  const all = model.incidents;
  if (fail && unlinked > 0 && (all === null || unlinked >= all * 0.1)) {
    found.push({
      title: `${formatNumber(unlinked)}${all !== null && all >= unlinked ? ` of ${formatNumber(all)}` : ''} ${unlinked === 1 && all === null ? 'incident' : 'incidents'} ${unlinked === 1 ? 'names' : 'name'} no cause,`,
      text: 'so the fail rate may be understated.',
      link: { words: 'Link them', href: '/docs#dora.change_fail_rate' },
    });
  }
  const unknown = rework?.now?.planned_unknown_n ?? 0;
  const known = rework?.now?.denominator ?? rework?.now?.n ?? 0;
  if (rework && unknown > 0 && unknown > known * 0.2) {
    found.push({
      title: `${formatNumber(unknown)} deployments do not say whether they were planned,`,
      text: 'so no rework rate can be told.',
      link: { words: 'See them', href: rework.atomsLink },
    });
  }
  const unmapped = fail?.now?.excluded.unmapped_environment ?? 0;
  if (fail && unmapped > 0) {
    found.push({
      title: `${formatNumber(unmapped)} deployments went to environments that nobody has described.`,
      text: 'They count nowhere until environments.yaml says whether these are production.',
      link: { words: 'See them', href: fail.atomsLink },
    });
  }
  const waiting = lead?.now?.undeployed_n ?? 0;
  const age = lead?.now?.undeployed_age_p50_hours ?? null;
  if (lead && age !== null && age > 14 * 24 && waiting >= 5) {
    found.push({
      title: `${formatNumber(waiting)} merged changes are not live,`,
      text: `half of them for more than ${formatValue({ kind: 'duration', seconds: 3600 }, age)}.`,
      link: { words: 'See the answer', href: lead.dataLink },
    });
  }
  return found.slice(0, 3);
}

const numerals = ['none', 'one', 'two', 'three', 'four', 'five'];

function count(value: number, isCapital = false): string {
  const word = numerals[value] ?? formatNumber(value);
  return isCapital ? capital(word) : word;
}

/** First letter upper case. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
