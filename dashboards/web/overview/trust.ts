import { formatInstantShort } from '../dates.ts';
import { type Html, html } from '../html.ts';
import { DASH, formatDuration, formatNumber, formatPlainShare } from '../numbers.ts';
import { leftOutWords } from './keys.ts';
import type { KeyReading, OverviewModel } from './model.ts';

type Fact = readonly [name: string, figure: string, words: string];

/** How far the numbers can be trusted, from what their answers say of themselves. */
export function trustPart(model: OverviewModel): Html {
  const facts = trustFacts(model);
  return html`<section class="part" aria-labelledby="h-trust"><div class="says"><h2 id="h-trust">How far can these numbers be trusted?</h2><p>Every figure on this page leads to the events behind it. These are the gaps that are known. <a href="/trust">What was assumed, and what settles it</a></p></div>
<table class="facts stack"><tbody>${facts.map(
    ([
      name,
      figure,
      words,
    ]) => html`<tr><th scope="row">${name}</th><td class="right">${figure}</td><td class="m">${words}</td></tr>
`,
  )}</tbody></table></section>`;
}

/** The rows of the trust section: what, its figure, and what follows from it. */
export function trustFacts(model: OverviewModel): readonly Fact[] {
  const find = (id: string) => model.keys.find((reading) => reading.key.id === id);
  const [lead, fail, rework] = [
    find('dora.change_lead_time'),
    find('dora.change_fail_rate'),
    find('dora.deployment_rework_rate'),
  ];
  const facts: Fact[] = [];
  if (model.context.heardUntil !== null) {
    facts.push([
      'Last event heard',
      formatInstantShort(model.context.heardUntil, model.view.zone),
      'What happened since is not in these numbers.',
    ]);
  }
  const coverage = fail?.now?.coverage ?? null;
  if (coverage !== null) {
    const words =
      coverage < 1
        ? 'In the rest of it a source of deployments was silent.'
        : 'Sources of deployments were heard on every day.';
    facts.push(['Part of the window covered', formatPlainShare(coverage, 1), words]);
  }
  facts.push(...containmentFact(lead));
  const unlinked = fail?.now?.unlinked_n;
  if (unlinked !== undefined && model.incidents !== null) {
    const all = Math.max(model.incidents, unlinked);
    facts.push([
      'Incidents that name their cause',
      all === 0 ? DASH : `${formatNumber(all - unlinked)} of ${formatNumber(all)}`,
      all === 0
        ? 'No incidents in this window.'
        : unlinked === 0
          ? 'All of them are counted to a deployment.'
          : unlinked === 1
            ? 'The other one is not counted as a failed deployment.'
            : `The other ${formatNumber(unlinked)} are not counted as failed deployments.`,
    ]);
  }
  const unknown = rework?.now?.planned_unknown_n;
  const population = rework?.now?.denominator ?? rework?.now?.n ?? null;
  if (unknown !== undefined && population !== null && population > 0) {
    facts.push([
      'Deployments known as planned or not',
      `${formatNumber(population - unknown)} of ${formatNumber(population)}`,
      unknown === 0 ? 'Nothing had to be assumed.' : 'The rest carry direct pushes alone and are taken as planned.',
    ]);
  }
  const waiting = lead?.now?.undeployed_n;
  if (waiting !== undefined) {
    const age = lead?.now?.undeployed_age_p50_hours ?? null;
    facts.push([
      'Merged and not yet live',
      formatNumber(waiting),
      waiting === 0 || age === null
        ? 'Nothing waits.'
        : `Half of them wait for more than ${formatDuration(age * 3600)}; no lead time counts them yet.`,
    ]);
  }
  if (fail?.now) {
    const count = Object.values(fail.now.excluded).reduce((sum, each) => sum + each, 0);
    facts.push(['Deployments left out of the fail rate', formatNumber(count), leftOutWords(fail.now.excluded)]);
  }
  return facts;
}

function containmentFact(lead: KeyReading | undefined): readonly Fact[] {
  if (!lead?.isComplete) return [];
  const counted = lead.rows.filter((row) => row.excluded === null && typeof row.containment === 'string');
  if (counted.length === 0) return [];
  const share = (way: string) => counted.filter((row) => row.containment === way).length / counted.length;
  return [
    [
      'Changes matched to their deployment',
      formatPlainShare(share('explicit') + share('position'), 1),
      `By commit list ${formatPlainShare(share('explicit'), 0)}, branch position ${formatPlainShare(share('position'), 0)}. The rest are matched by time and marked inferred.`,
    ],
  ];
}
