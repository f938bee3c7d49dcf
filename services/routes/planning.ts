import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { renderBadge } from '../../dashboards/web/badge.ts';
import { asOf, pastOf, sendWrongInstant } from '../http/as-of.ts';
import { sendRows } from '../http/formats.ts';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';
import type { Judging } from '../judging.ts';

const querystring = z.strictObject({ as_of: asOf });
const params = z.object({ id: z.string().min(1).max(512) });

/** Objectives and key results, service levels, and what of these everyone may see. */
export function planningRoutes(app: FastifyInstance, judging: Judging, now: () => string): void {
  const routes = typed(app);
  const list = (url: string, summary: string, key: string, read: (asOf: string | null) => Promise<object>) =>
    routes.get(
      url,
      { config: { access: 'read' }, schema: { tags: ['planning'], summary, querystring } },
      async (request, reply) => {
        const past = pastOf(request.query.as_of, now());
        if (past === undefined) return sendWrongInstant(request, reply);
        return send(request, reply, await read(past), past, key);
      },
    );
  const one = (url: string, summary: string, read: (id: string, asOf: string | null) => Promise<object | null>) =>
    routes.get(
      url,
      { config: { access: 'read' }, schema: { tags: ['planning'], summary, params, querystring } },
      async (request, reply) => {
        const past = pastOf(request.query.as_of, now());
        if (past === undefined) return sendWrongInstant(request, reply);
        const found = await read(request.params.id, past);
        if (found === null)
          return sendProblem(request, reply, { ...problemOf(404), detail: 'The workspace defines none of this id.' });
        return send(request, reply, found, past);
      },
    );
  list('/v1/objectives', 'Objectives with their key results, measured and scored', 'objectives', (past) =>
    judging.objectives(past),
  );
  one('/v1/key-results/:id', 'One key result: its number, progress, score, pace and forecast', (id, past) =>
    judging.keyResult(id, past),
  );
  list('/v1/slos', 'Service levels with their budgets and burn rates', 'slos', (past) => judging.slos(past));
  one('/v1/slos/:id', 'One service level, and the incidents and rollouts that spent its budget', (id, past) =>
    judging.slo(id, past),
  );

  routes.get(
    '/public/slos',
    {
      config: { access: 'public' },
      schema: { tags: ['planning'], security: [], summary: 'The service levels that are public, for everyone' },
    },
    async (_request, reply) => {
      const { slos, incidents, organisation, windowDays, zone, now: checked } = await judging.publicStatus();
      const whole = {
        organisation,
        checked_at: checked,
        zone,
        window_days: windowDays,
        slos: slos.map(({ budgetRemaining, isWorking, days, public: _shown, ...slo }) => ({
          ...slo,
          budget_remaining: budgetRemaining,
          is_working: isWorking,
          days: days.map(({ date, badShare }) => ({ date, bad_share: badShare })),
        })),
        incidents: incidents.map(({ lastedSeconds, budgetSpent, text: _words, ...incident }) => ({
          ...incident,
          lasted_seconds: lastedSeconds,
          budget_spent: budgetSpent,
        })),
      };
      return reply.header('cache-control', 'public, max-age=60').send(whole);
    },
  );
  routes.get(
    '/public/badges/:file',
    {
      config: { access: 'public' },
      schema: {
        tags: ['planning'],
        security: [],
        summary: 'A badge of one public service level: its id, then .svg',
        params: z.object({ file: z.string().max(520) }),
      },
    },
    async (request, reply) => {
      const { slos } = await judging.publicStatus();
      const found = slos.find((slo) => `${slo.id}.svg` === request.params.file);
      if (found === undefined)
        return sendProblem(request, reply, { ...problemOf(404), detail: 'No public service level has this id.' });
      return reply
        .header('content-type', 'image/svg+xml; charset=utf-8')
        .header('cache-control', 'public, max-age=60')
        .header('cross-origin-resource-policy', 'cross-origin')
        .send(renderBadge(found));
    },
  );
}

function send(request: FastifyRequest, reply: FastifyReply, whole: object, past: string | null, key?: string) {
  const { as_of: asked, current } = whole as { as_of?: string; current?: { as_of: string } | null };
  const rows = key === undefined ? [] : (whole as Record<string, Record<string, unknown>[]>)[key]!;
  return sendRows(request, reply, {
    format: 'json',
    whole,
    rows,
    now: past === null ? (asked ?? current?.as_of ?? '') : null,
  });
}
