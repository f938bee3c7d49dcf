import { formatDay, lastDayOf } from './dates.ts';
import { type Html, html, raw } from './html.ts';
import type { PageContext } from './page.ts';
import { comparisons, ranges, type View } from './view.ts';

/** Above this many services a list would outweigh the page; the name is typed instead. */
const LISTED_SERVICES = 200;

const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Australia/Sydney',
];

/** The GET form of every page of numbers, once in a row and once folded into its own summary line for small screens. */
export function filterForm(view: View, context: PageContext): Html {
  const summary = `${view.window.days} days to ${formatDay(lastDayOf(view.window.end), view.zone)}, ${view.service ?? view.team ?? 'all teams'}`;
  return html`<div class="filters"><form class="wrap unfolded" method="get" aria-label="What to show">${controls(view, context)}</form><div class="wrap folded"><details><summary>${summary}</summary><form method="get" aria-label="What to show">${controls(view, context)}</form></details></div></div>`;
}

function controls(view: View, context: PageContext): Html {
  const against = { ...comparisons, before: `the ${view.window.days} days before` };
  const own = view.range === 'own' ? 'own shown' : 'own';
  const knownZones = [...new Set([context.zone, view.zone, ...zones])];
  const day = (iso: string) => isoDay(iso, view.zone);
  const asOf = view.state.as_of ?? '';
  return html`<label>Range${select('range', Object.entries(ranges), view.range)}</label><label class="${own}">First day<input type="date" name="first_day" value="${day(view.window.start)}"></label><label class="${own}">Last day<input type="date" name="last_day" value="${day(lastDayOf(view.window.end))}"></label><label>Against${select('against', Object.entries(against), view.against)}</label><label>Team${select('team', [['', 'All teams'], ...named(context.teams, view.team)], view.team ?? '')}</label><label>Service${service(view, context)}</label><label>Time zone${select(
    'tz',
    knownZones.map((zone) => [zone, zone]),
    view.zone,
  )}</label><label>As of<input name="as_of" value="${asOf}" placeholder="now" title="A day such as 2026-03-31: the numbers as they were known when it ended" autocomplete="off"></label><button>Show</button>`;
}

function service(view: View, context: PageContext): Html {
  if (context.services.length > LISTED_SERVICES) {
    return html`<input name="service" value="${view.service ?? ''}" placeholder="All services" autocomplete="off">`;
  }
  return select('service', [['', 'All services'], ...named(context.services, view.service)], view.service ?? '');
}

/** Names in order, with the chosen one even if the list does not have it. */
function named(names: readonly string[], chosen: string | null): [string, string][] {
  const all = new Set(chosen === null ? names : [...names, chosen]);
  return [...all].sort((a, b) => a.localeCompare(b, 'en')).map((name) => [name, name]);
}

function select(name: string, options: readonly (readonly [string, string])[], chosen: string): Html {
  return html`<select name="${name}">${options.map(
    ([value, words]) => html`<option value="${value}"${value === chosen ? raw(' selected') : ''}>${words}</option>`,
  )}</select>`;
}

function isoDay(iso: string, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(iso),
  );
}
