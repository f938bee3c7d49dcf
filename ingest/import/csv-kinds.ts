import { digest } from '../sources/shape.ts';
import type { EventType } from '../vocabulary/vocabulary.ts';
import { type CellValue, type Column, needed, optional } from './csv-columns.ts';

/** The cells of a row by column; empty ones are absent. */
export type Cells = Readonly<Record<string, CellValue | undefined>>;

/** One fact of a row: its kind, when it was, what makes it this fact and no other, and its data. */
export interface RowFact {
  readonly type: EventType;
  /** The column that says when it was. */
  readonly time: string;
  readonly key: readonly (CellValue | undefined)[];
  readonly data: Readonly<Record<string, CellValue | undefined>>;
  /** There is one of it, whatever its time: rows that say two times of it contradict each other. */
  readonly once?: true;
}

/** A kind of file. */
export interface CsvKind {
  readonly text: string;
  /** Who says it, in the log: each kind of file is a source of its own, so that one says nothing of another's silence. */
  readonly source: string;
  readonly columns: readonly Column[];
  /** Columns that must not lie before another. */
  readonly order: readonly (readonly [earlier: string, later: string])[];
  facts(cells: Cells): readonly RowFact[] | { readonly column: string; readonly problem: string };
}

const team = optional('team', 'text', 'team as the catalog calls it');

/** The column of what people wrote: taken only where comments are asked for. */
export const COMMENT = 'comment';

const surveys: CsvKind = {
  text: 'answers and comments to surveys, one a row; also who was invited, and when a wave opened and closed',
  source: 'csv-surveys',
  columns: [
    needed('wave', 'text', 'the wave, such as 2026-q1'),
    needed('respondent', 'text', 'whoever answered or was invited; only a digest of it is stored'),
    optional('item', 'text', 'what was asked for: documentation, support, reliability, ease_of_use, overall'),
    optional('score', 'number', 'the answer, 1 to 5 (0 to 10 for eNPS)'),
    optional('answered_at', 'time', 'when; item, score and answered_at belong together'),
    optional(COMMENT, 'words', 'what was written, with answered_at: on the item, or without one on the whole'),
    optional('team', 'text', 'the team of the respondent when invited'),
    optional('version', 'text', 'the version of the wording'),
    optional('invited_at', 'time', 'when the respondent was invited'),
    optional('wave_opened_at', 'time', 'when the wave opened; the same in all its rows'),
    optional(
      'wave_closed_at',
      'time',
      'when the wave closed; the same in all its rows. Answers count once it is closed',
    ),
  ],
  order: [['invited_at', 'answered_at']],
  facts({ wave, respondent: person, item, score, team, version, comment, ...cells }) {
    const respondent = digest(['csv-surveys', String(person).toLowerCase()]);
    const facts: RowFact[] = [];
    if (cells.wave_opened_at)
      facts.push({ type: 'survey.wave_opened', time: 'wave_opened_at', key: [wave], data: { wave }, once: true });
    if (cells.wave_closed_at)
      facts.push({ type: 'survey.wave_closed', time: 'wave_closed_at', key: [wave], data: { wave }, once: true });
    if (cells.invited_at) {
      facts.push({
        type: 'survey.invited',
        time: 'invited_at',
        key: [wave, respondent],
        data: { wave, respondent, team },
      });
    }
    if (comment !== undefined) {
      if (cells.answered_at === undefined)
        return { column: 'answered_at', problem: 'is empty: a comment has the time at which it was made' };
      const data = { wave, item, respondent, text: comment, version };
      facts.push({ type: 'survey.commented', time: 'answered_at', key: [wave, respondent, item], data });
      if (score === undefined) return facts;
    }
    const answer = { item, score, answered_at: cells.answered_at };
    const missing = Object.entries(answer).filter(([, value]) => value === undefined);
    if (missing.length === 3) {
      return cells.invited_at
        ? facts
        : { column: 'item', problem: 'says neither what was answered nor when it was asked' };
    }
    if (missing[0]) return { column: missing[0][0], problem: 'is empty: an answer has an item, a score and its time' };
    const data = { wave, item, score, respondent, team, version };
    return [...facts, { type: 'survey.answered', time: 'answered_at', key: [wave, respondent, item], data }];
  },
};

const training: CsvKind = {
  text: 'training assigned to people, and what became of it',
  source: 'csv-training',
  columns: [
    needed('person', 'text', 'the person, by any identity of people.yaml'),
    needed('course', 'text', 'the course'),
    needed('assigned_at', 'time', 'when it was assigned'),
    needed('due_at', 'time', 'when it is due; may lie ahead'),
    optional('completed_at', 'time', 'when it was completed'),
    optional('passed', 'flag', 'whether its quiz was passed'),
    optional('assignment_id', 'text', 'tells two assignments of one course to one person apart'),
    team,
    optional('region', 'text', 'region of the person'),
  ],
  order: [
    ['assigned_at', 'due_at'],
    ['assigned_at', 'completed_at'],
  ],
  facts({ person, course, assignment_id, team, region, due_at, completed_at, passed }) {
    const data = { person, course, assignment_id, team, region };
    const key = [person, course, assignment_id];
    const assigned: RowFact = { type: 'training.assigned', time: 'assigned_at', key, data: { ...data, due_at } };
    if (completed_at === undefined) {
      return passed === undefined
        ? [assigned]
        : { column: 'passed', problem: 'is said of a training that is not completed' };
    }
    return [assigned, { type: 'training.completed', time: 'completed_at', key, data: { ...data, passed } }];
  },
};

const costs: CsvKind = {
  text: 'what engineering cost, one item of a period a row; a correction is a row of its own, its amount may be negative',
  source: 'csv-costs',
  columns: [
    needed('from', 'time', 'first instant of the period'),
    needed('to', 'time', 'end of the period, itself not part of it'),
    needed('amount', 'number', 'what it cost'),
    needed('currency', 'text', 'code of ISO 4217, such as EUR'),
    optional('category', 'text', 'people, infrastructure, licence, …'),
    optional('service', 'text', 'the service that it was for'),
    optional('team', 'text', 'the team that it was for; neither: shared'),
    optional('cost_id', 'text', 'tells apart rows that are alike in period, category, service and team'),
  ],
  order: [['from', 'to']],
  facts({ from, to, amount, currency, category, service, team, cost_id }) {
    if (to === from) return { column: 'to', problem: 'is the same as from, so that the period is empty' };
    const own = cost_id ?? digest([from, to, category, service, team].map((part) => part ?? null));
    const data = { cost_id: own, from, to, amount, currency, category, service_id: service, team };
    return [{ type: 'cost.recorded', time: 'from', key: [own], data }];
  },
};

const headcount: CsvKind = {
  text: 'people who came and left, one stay a row',
  source: 'csv-headcount',
  columns: [
    needed('person', 'text', 'the person, by any identity of people.yaml'),
    needed('joined_at', 'time', 'first day'),
    optional('left_at', 'time', 'the day after the last one'),
    optional('voluntary', 'flag', 'whether it was the person’s own wish to leave'),
    team,
    optional('region', 'text', 'region of the person'),
    optional('engineering', 'flag', 'whether the person works in engineering'),
    optional('newcomer', 'flag', 'no: was here before the records begin, so that no clock of a newcomer starts'),
  ],
  order: [['joined_at', 'left_at']],
  facts({ person, team, region, engineering, newcomer, left_at, voluntary }) {
    const data = { person, team, region };
    const joined: RowFact = {
      type: 'person.joined',
      time: 'joined_at',
      key: [person],
      data: { ...data, engineering, newcomer },
    };
    if (left_at === undefined) {
      return voluntary === undefined
        ? [joined]
        : { column: 'voluntary', problem: 'is said of a person who has not left' };
    }
    return [joined, { type: 'person.left', time: 'left_at', key: [person], data: { ...data, voluntary } }];
  },
};

const tickets: CsvKind = {
  text: 'support tickets; a ticket that was resolved, reopened and resolved again has two rows',
  source: 'csv-tickets',
  columns: [
    needed('ticket_id', 'text', 'id of the ticket'),
    needed('created_at', 'time', 'when it was created'),
    optional('responded_at', 'time', 'first reply'),
    optional('responded_by', 'text', 'who replied'),
    optional('responded_by_bot', 'flag', 'whether a machine replied, which is no response'),
    optional('escalated_at', 'time', 'when it went to another tier'),
    optional('escalated_tier', 'whole', 'to which; 3 if not said'),
    optional('resolved_at', 'time', 'when it was resolved'),
    optional('reopened_at', 'time', 'when it was opened again'),
    optional('tier', 'whole', 'where it began: 0 self-service, 1 community, 2 direct, 3 escalation'),
    optional('kind', 'text', 'what it is about; the name of the task where it asks for one'),
    optional('principal', 'text', 'who asked'),
    team,
    optional('title', 'text', 'in one line'),
    optional('url', 'text', 'its address'),
  ],
  order: [
    ['created_at', 'responded_at'],
    ['created_at', 'escalated_at'],
    ['created_at', 'resolved_at'],
    ['created_at', 'reopened_at'],
  ],
  facts({ ticket_id, kind, principal, team, title, url, tier, ...cells }) {
    const about = { ticket_id, kind, principal, team };
    const facts: RowFact[] = [
      { type: 'ticket.created', time: 'created_at', key: [ticket_id], data: { ...about, tier, title, url } },
    ];
    const add = (type: EventType, time: string, more: Cells = {}) => {
      if (cells[time] !== undefined) facts.push({ type, time, key: [ticket_id], data: { ...about, ...more } });
    };
    const bot = cells.responded_by_bot;
    const actor_kind = bot === undefined ? undefined : bot === true ? 'bot' : 'human';
    add('ticket.responded', 'responded_at', { actor: cells.responded_by, actor_kind });
    add('ticket.escalated', 'escalated_at', { tier: cells.escalated_tier ?? 3 });
    add('ticket.resolved', 'resolved_at');
    add('ticket.reopened', 'reopened_at');
    return facts;
  },
};

/** The kinds of files that can be imported, by name. */
export const csvKinds = { surveys, training, costs, headcount, tickets } as const satisfies Record<string, CsvKind>;
export type CsvKindName = keyof typeof csvKinds;
