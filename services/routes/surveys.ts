import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LONGEST_NAME } from '../../ingest/vocabulary/commit.ts';
import type { CommentsAnswer, CommentsRequest } from '../../queries/privacy/commented.ts';
import { asOf, pastOf, sendWrongInstant } from '../http/as-of.ts';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';

const text = z.string().trim().max(LONGEST_NAME);
const answer = z.object({
  wave: z.string(),
  item: z.string().nullable(),
  as_of: z.string(),
  status: z.enum(['ok', 'suppressed', 'not_applicable']),
  reason: z.string().optional().meta({ description: 'Why there are none to be told' }),
  n: z.int().nullable().meta({ description: 'People who commented; null where none is told' }),
  comments: z.array(z.string()).meta({ description: 'In an order that tells nothing' }),
  items: z.array(z.string()).meta({ description: 'Items of the wave of which comments are told' }),
});

/** `/v1/surveys/{wave}/comments`: the only way to what people wrote in a survey. */
export function surveyRoutes(
  app: FastifyInstance,
  read: (request: CommentsRequest) => Promise<CommentsAnswer | null>,
  now: () => string,
): void {
  typed(app).get(
    '/v1/surveys/:wave/comments',
    {
      config: { access: 'comments' },
      schema: {
        tags: ['surveys'],
        summary: 'What at least 10 people wrote in a closed wave, word for word, and nothing of who wrote it',
        description:
          'Shown once 10 people have commented on the same item by the close, and more once 10 more have come in. Needs the scope comments, and HEADWAY_SURVEY_COMMENTS=on.',
        params: z.object({ wave: text.min(1) }),
        querystring: z.strictObject({
          item: text.optional().meta({ description: 'The item commented on; absent: the wave as a whole' }),
          as_of: asOf,
        }),
        response: { 200: answer },
      },
    },
    async (request, reply) => {
      const past = pastOf(request.query.as_of, now());
      if (past === undefined) return sendWrongInstant(request, reply);
      const { wave } = request.params;
      const found = await read({ wave, item: request.query.item || null, asOf: past });
      if (found === null)
        return sendProblem(request, reply, {
          ...problemOf(404),
          detail: 'Nothing was heard of this wave.',
          problems: [{ field: 'wave', problem: 'is not known: use the name that its events give, such as 2026-q1' }],
        });
      return reply
        .header('cache-control', 'no-store')
        .send({ ...found, comments: [...found.comments], items: [...found.items] });
    },
  );
}
