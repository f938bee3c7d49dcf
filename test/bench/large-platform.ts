import { after, anyTime, DAYS, iso, type Kind, type Large, login, START, teamOf } from './large.ts';

/** What else an organisation's tools tell: pipelines, use, costs, features, support, people, surveys. */
export function platform({ events, services }: Large): Kind[] {
  const service = `concat('acme/service-', toString(number % ${services}))`;
  const part = (share: number) => Math.floor(events * share);
  const people = Math.max(400, part(0.0005));
  const person = login(`cityHash64(number, 'who') % ${people}`);
  const team = teamOf(`cityHash64(number, 'who') % ${people}`);
  const run = {
    run_id: "concat('run', toString(number))",
    repository: service,
    workflow: "if(number % 3 = 0, 'deploy', 'test')",
  };
  const ran = anyTime('run');
  const ticket = { ticket_id: "concat('t', toString(number))" };
  const asked = anyTime('ticket');
  const task = {
    task_id: "concat('k', toString(number))",
    kind: "concat('kind-', toString(number % 12))",
    principal: person,
    team,
    channel: "'portal'",
  };
  const began = anyTime('task');
  const feature = { feature: "concat('f', toString(number))", kind: "'feature'", service_id: service };
  const planned = anyTime('feature');
  const searched = anyTime('search');
  const staff = { person: login('number'), team: teamOf('number') };
  // Half of them were there before.
  const joined = `if(number % 2 = 0, ${START} - toIntervalDay(40), ${START} + toIntervalHour(number % ${DAYS * 24}))`;
  const wave = "concat('wave-', toString(intDiv(number, {n})))";
  const respondents = people;
  const waves = 8;
  const waveOf = wave.replace('{n}', String(respondents));
  const closes = `${START} + toIntervalDay(80 + 90 * intDiv(number, ${respondents}))`;
  const kinds: Kind[] = [
    {
      rows: part(0.02),
      type: 'pipelinerun.queued',
      entity: `concat('run:', ${run.run_id})`,
      occurred_at: ran,
      refs: `[${service}]`,
      data: run,
    },
    {
      rows: part(0.02),
      type: 'pipelinerun.started',
      entity: `concat('run:', ${run.run_id})`,
      occurred_at: `${ran} + toIntervalSecond(number % 75)`,
      refs: `[${service}]`,
      data: run,
    },
    {
      rows: part(0.02),
      type: 'pipelinerun.finished',
      entity: `concat('run:', ${run.run_id})`,
      occurred_at: `${ran} + toIntervalSecond(100 + number % 900)`,
      refs: `[${service}]`,
      data: { ...run, outcome: "if(number % 9 = 0, 'failed', 'succeeded')" },
    },
    {
      rows: part(0.06),
      type: 'portal.action',
      entity: `concat('principal:', ${person})`,
      occurred_at: anyTime('action'),
      data: { principal: person, team, action: "if(number % 5 = 0, 'scaffold', 'view')", capability: "'portal'" },
    },
    {
      rows: part(0.01),
      type: 'usage.recorded',
      entity: "concat('usage:u', toString(number))",
      occurred_at: anyTime('usage'),
      refs: `[${service}]`,
      data: {
        usage_id: "concat('u', toString(number))",
        resource: "if(number % 2 = 0, 'cpu', 'memory')",
        service_id: service,
        from: iso(anyTime('usage')),
        to: iso(`${anyTime('usage')} + toIntervalHour(1)`),
        used: 'number % 8 / 2',
        allocated: '4',
      },
    },
    {
      rows: part(0.005),
      type: 'cost.recorded',
      entity: "concat('cost:c', toString(number))",
      occurred_at: anyTime('cost'),
      refs: `[${service}]`,
      data: {
        cost_id: "concat('c', toString(number))",
        from: iso(anyTime('cost')),
        to: iso(`${anyTime('cost')} + toIntervalDay(1)`),
        amount: 'number % 1000 / 10',
        currency: "'EUR'",
        category: "'infrastructure'",
        service_id: service,
      },
    },
    {
      rows: part(0.003),
      type: 'feature.committed',
      entity: `concat('feature:', ${feature.feature})`,
      occurred_at: planned,
      refs: `[${service}]`,
      data: {
        ...feature,
        developer_impact: '1 + number % 5',
        business_value: '1 + number % 4',
        technical_feasibility: '3',
        implementation_cost: '1 + number % 3',
      },
    },
    ...(['feature.released', 'feature.done'] as const).map((type) => ({
      rows: part(0.003),
      type,
      entity: `concat('feature:', ${feature.feature})`,
      occurred_at: after(planned, 'done', 60 * 24),
      refs: `[${service}]`,
      data: feature,
    })),
    {
      rows: part(0.005),
      type: 'ticket.created',
      entity: `concat('ticket:', ${ticket.ticket_id})`,
      occurred_at: asked,
      data: {
        ...ticket,
        kind: "concat('kind-', toString(number % 12))",
        principal: person,
        team,
        tier: '1 + number % 3',
      },
    },
    {
      rows: part(0.005),
      type: 'ticket.responded',
      entity: `concat('ticket:', ${ticket.ticket_id})`,
      occurred_at: after(asked, 'reply', 20),
      data: { ...ticket, actor: "'helper'", actor_kind: "'human'" },
    },
    {
      rows: part(0.004),
      type: 'ticket.resolved',
      entity: `concat('ticket:', ${ticket.ticket_id})`,
      occurred_at: after(`(${asked} + toIntervalHour(20))`, 'resolved', 400),
      data: ticket,
    },
    {
      rows: part(0.005),
      type: 'task.requested',
      entity: `concat('task:', ${task.task_id})`,
      occurred_at: began,
      data: task,
    },
    {
      rows: part(0.005),
      type: 'task.started',
      entity: `concat('task:', ${task.task_id})`,
      occurred_at: `${began} + toIntervalMinute(1)`,
      data: task,
    },
    {
      rows: part(0.0045),
      type: 'task.finished',
      entity: `concat('task:', ${task.task_id})`,
      occurred_at: `${began} + toIntervalMinute(9)`,
      data: { ...task, outcome: "if(number % 8 = 0, 'failed', 'succeeded')" },
    },
    {
      rows: part(0.01),
      type: 'search.performed',
      entity: `concat('principal:', ${person})`,
      occurred_at: searched,
      data: { principal: person, team, search_id: "concat('s', toString(number))", results: 'number % 6' },
    },
    {
      rows: part(0.008),
      type: 'search.clicked',
      entity: `concat('principal:', ${person})`,
      occurred_at: `${searched} + toIntervalSecond(5 + number % 40)`,
      data: {
        principal: person,
        team,
        search_id: "concat('s', toString(number))",
        document: "concat('d', toString(number % 300))",
      },
    },
    {
      rows: people,
      type: 'person.joined',
      entity: `concat('person:', ${staff.person})`,
      occurred_at: joined,
      data: { ...staff, engineering: 'true' },
    },
    {
      rows: Math.floor(people / 8),
      type: 'person.left',
      entity: `concat('person:', ${staff.person})`,
      occurred_at: `${joined} + toIntervalDay(90 + number % 200)`,
      data: { ...staff, voluntary: 'true' },
    },
    ...(['onboarding.started', 'onboarding.completed'] as const).map((type, index) => ({
      rows: people,
      type,
      entity: `concat('person:', ${staff.person})`,
      occurred_at: `${joined} + toIntervalHour(${1 + index * 20} + number % 40 * ${index})`,
      data: staff,
    })),
    ...(['training.assigned', 'training.completed'] as const).map((type, index) => ({
      rows: part(0.003),
      type,
      entity: `concat('person:', ${person})`,
      occurred_at: `${anyTime('course')} + toIntervalDay(${index} * (number % 20))`,
      data: {
        person,
        team,
        course: "concat('course-', toString(number % 6))",
        assignment_id: "concat('a', toString(number))",
        ...(index === 0 ? { due_at: iso(`${anyTime('course')} + toIntervalDay(14)`) } : { passed: 'number % 10 > 0' }),
      },
    })),
    {
      rows: waves,
      type: 'survey.wave_closed',
      entity: "concat('survey:wave-', toString(number))",
      occurred_at: `${START} + toIntervalDay(80 + 90 * number)`,
      data: { wave: "concat('wave-', toString(number))" },
    },
    {
      rows: waves * respondents,
      type: 'survey.invited',
      entity: `concat('survey:', ${waveOf})`,
      occurred_at: `${closes} - toIntervalDay(10)`,
      data: {
        wave: waveOf,
        respondent: login(`number % ${respondents}`),
        team: teamOf(`number % ${respondents}`),
        region: "if(number % 2 = 0, 'eu', 'us')",
      },
    },
    ...(['1-5', '0-10'] as const).map((scale) => ({
      rows: waves * respondents,
      type: 'survey.answered',
      entity: `concat('survey:', ${waveOf})`,
      occurred_at: `${closes} - toIntervalDay(1 + number % 9)`,
      data: {
        wave: waveOf,
        item: scale === '1-5' ? "'overall'" : "'recommend'",
        score: scale === '1-5' ? '1 + cityHash64(number) % 5' : 'cityHash64(number) % 11',
        scale: `'${scale}'`,
        respondent: login(`number % ${respondents}`),
        team: teamOf(`number % ${respondents}`),
        region: "if(number % 2 = 0, 'eu', 'us')",
      },
    })),
  ];
  return kinds;
}
