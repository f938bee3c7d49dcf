import { type Company, type Person, tellTasks, tellUse, tellWork } from './company-work.ts';
import { tellLoad } from './load.ts';
import { tellMoney } from './money.ts';
import { newTelling, teams, tellCatalog, tellHours, weekendOf } from './organisation.ts';
import { newRandom } from './random.ts';
import { tellRoadmap } from './roadmap.ts';
import { newStory, type Recorded } from './story.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS_BEFORE = 80;
const DAYS_AFTER = 20;

/**
 * Three months of a company around a change of clocks: enough people, money and features for cohorts, groups that may be told
 * and weeks to draw from. Late, told again, out of order; the same seed gives the same history, in the order of recording.
 */
export function companyHistory(seed: number): Recorded[] {
  const random = newRandom(seed ^ 0x00c0ffee);
  const story = newStory();
  const around = weekendOf(seed).at;
  const telling = newTelling(random, story, around, 100);
  const start = around - DAYS_BEFORE * DAY_MS;
  const end = around + DAYS_AFTER * DAY_MS;
  tellCatalog(telling);
  tellHours(telling);
  const company: Company = {
    telling,
    random,
    start,
    end,
    sometime: () =>
      start + random.int(0, DAYS_BEFORE + DAYS_AFTER - 1) * DAY_MS + random.pick([0, 9, 9, 15, 23]) * HOUR_MS,
    tell: (type, at, data, source) =>
      telling.fact(type, at, data, source, random.chance(0.15) ? random.int(1, 15) * DAY_MS : random.int(0, 30_000)),
    maybe: (name, values) => (random.chance(0.5) ? { [name]: random.pick(values) } : {}),
  };
  tellBooks(company);
  tellPeople(company);
  // Most are heard of all the time, some fall silent.
  for (const name of ['books', 'roadmap', 'people', 'backstage', 'checklist'])
    for (let at = start - 3 * DAY_MS; at < end; at += 5 * DAY_MS)
      if (random.chance(0.97)) telling.fact('source.heartbeat', at, { name }, name, 0);
  const apart = newStory();
  for (const tell of [tellMoney, tellRoadmap, tellLoad]) tell(apart, seed, start, end);
  return [...story.history, ...apart.history].sort((a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at));
}

const services = ['api', 'API', 'shop', 'web', 'nobody', 'Nobody'];

/** What is spent, used and built. */
function tellBooks({ random, sometime, tell, maybe }: Company): void {
  const iso = (at: number): string => new Date(at).toISOString();
  const period = (hours: readonly number[]) => {
    const from = sometime();
    return { from: iso(from), to: iso(from + random.pick(hours) * HOUR_MS) };
  };
  const owner = () => ({ ...maybe('service_id', services), ...maybe('team', teams) });
  const hasTwo = random.chance(0.3);
  for (let n = random.int(20, 60); n > 0; n -= 1) {
    const resource = random.pick(['cpu', 'cpu', 'CPU', hasTwo ? 'memory' : 'cpu']);
    const data = { ...period([0, 1, 10, 24, 168, -1]), used: random.int(0, 40) / 10, allocated: random.int(0, 6) };
    tell(
      'usage.recorded',
      Date.parse(data.from),
      { usage_id: `u${random.int(1, 40)}`, resource, ...data, ...owner() },
      'books',
    );
  }
  for (let n = random.int(20, 60); n > 0; n -= 1) {
    const data = { ...period([24, 720]), amount: random.int(-1_000, 100_000) / 100 };
    const currency = hasTwo && random.chance(0.1) ? 'USD' : 'EUR';
    tell(
      'cost.recorded',
      Date.parse(data.from),
      { cost_id: `c${random.int(1, 40)}`, currency, ...data, ...owner(), ...maybe('category', ['people', 'licence']) },
      'books',
    );
  }
  const grades = ['developer_impact', 'business_value', 'technical_feasibility', 'implementation_cost'];
  const given = () =>
    Object.fromEntries(grades.filter(() => random.chance(0.5)).map((grade) => [grade, random.int(1, 5)]));
  for (let n = random.int(5, 30); n > 0; n -= 1) {
    const feature = `f${n}`;
    const more = { feature, ...owner(), ...(random.chance(0.2) ? { kind: random.pick(['bug', 'chore']) } : {}) };
    for (let told = random.int(1, 5); told > 0; told -= 1) {
      const type = random.pick(['feature.committed', 'feature.released', 'feature.done', 'feature.committed'] as const);
      const share = type === 'feature.released' ? maybe('audience_share', [0.1, 0.5, 1]) : {};
      tell(type, sometime(), { ...more, ...given(), ...share, ...(told === 1 ? owner() : {}) }, 'roadmap');
    }
  }
}

/** Who comes, goes, moves, and what they do: some weeks many begin, some teams are small. */
function tellPeople(company: Company): void {
  const { random, start, tell, maybe, sometime } = company;
  const intakes = Array.from({ length: random.int(1, 3) }, () => start + random.int(5, 80) * DAY_MS);
  const weights = random.shuffled([6, 3, 1.5]);
  const teamOf = (): string | undefined =>
    random.weighted<string | undefined>([
      ...teams.map((team, index) => [weights[index]!, team] as const),
      [0.7, undefined],
    ]);
  const size = random.int(18, 60);
  const crowd = Array.from({ length: size }, (_, index): Person => {
    const name = `p${index + 1}`;
    const isNew = random.chance(0.5);
    const joinedAt = isNew
      ? random.pick(intakes) + random.int(0, 6) * DAY_MS + random.pick([0, 9]) * HOUR_MS
      : start - random.int(1, 60) * DAY_MS;
    const logins = random.chance(0.6) ? [name, `${name}-dev`, name.toUpperCase()] : [name];
    return { name, team: teamOf(), joinedAt, isNew, logins };
  });
  for (const person of crowd) {
    const { name, joinedAt, logins } = person;
    const team = person.team === undefined ? {} : { team: person.team };
    if (logins.length > 1)
      for (let told = random.int(1, 2); told > 0; told -= 1) {
        const identities = random.chance(0.9) ? [`${name}-dev`] : [`p${random.int(1, size)}-dev`];
        const kind = random.chance(0.04) ? { kind: random.pick(['bot', 'service']) } : {};
        tell(
          'person.defined',
          start - random.int(-30, 60) * DAY_MS,
          { person: name, identities, ...kind, ...(random.chance(0.7) ? team : {}) },
          'workspace',
        );
      }
    if (random.chance(0.95))
      tell(
        'person.joined',
        joinedAt,
        {
          person: random.chance(0.1) ? name.toUpperCase() : name,
          ...team,
          ...maybe('region', ['eu', 'us']),
          ...(random.chance(0.06) ? { engineering: false } : {}),
          ...(person.isNew ? {} : maybe('newcomer', [false, false, true])),
        },
        'people',
      );
    if (random.chance(0.15)) {
      const leftAt = random.chance(0.5) ? sometime() : joinedAt + random.int(0, 30) * DAY_MS;
      tell('person.left', leftAt, { person: name, ...maybe('voluntary', [true, false]) }, 'people');
      if (random.chance(0.4))
        tell('person.joined', leftAt + random.int(0, 20) * DAY_MS, { person: name, ...maybe('team', teams) }, 'people');
    }
    if (random.chance(0.2)) {
      const moved = {
        person: name,
        ...maybe('team', teams),
        ...maybe('engineering', [true, true, false]),
        ...maybe('region', ['eu', 'us']),
      };
      tell('person.moved', sometime(), moved, 'people');
    }
    if (person.isNew && random.chance(0.9)) tellSetUp(company, person);
    tellUse(company, person);
  }
  if (random.chance(0.5))
    tell(
      'platform.defined',
      start - DAY_MS,
      { path_sources: ['github'], ...maybe('qualifying_actions', [['navigate', 'click', 'create', 'doc.viewed']]) },
      'workspace',
    );
  tellTasks(company, crowd);
  tellWork(company, crowd);
}

/** An onboarding, mostly in order. */
function tellSetUp({ random, tell }: Company, { name, team, joinedAt }: Person): void {
  const more = random.chance(0.7) && team !== undefined ? { team } : {};
  const steps = random.weighted([
    [6, ['started', 'completed']],
    [2, ['started']],
    [1, ['started', 'started', 'completed']],
    [1, ['started', 'completed', 'started', 'completed']],
    [0.5, ['completed', 'started']],
  ]);
  let at = joinedAt + random.int(0, 3) * DAY_MS;
  for (const step of steps) {
    tell(
      step === 'started' ? 'onboarding.started' : 'onboarding.completed',
      at,
      { person: name, ...more },
      'checklist',
    );
    at += random.pick([0, 1, 12, 24, 36, 48, 49, 200]) * HOUR_MS;
  }
}
