import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseInstant } from '../../ingest/time.ts';
import { sendProblem } from './problems.ts';

/** The parameter `as_of` of a route. */
export const asOf = z.string().max(64).optional().meta({ description: 'As it was known at this instant; default now' });

/** The past that is asked for; null for now, undefined if it is none. */
export function pastOf(text: string | undefined, now: string): string | null | undefined {
  if (text === undefined || text === '') return null;
  // A plus sign in a query string arrives as a blank.
  const given = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text.trim().replace(/ (?=\d{2}:?\d{2}$)/, '+');
  const instant = parseInstant(given);
  return instant === null || instant > now ? undefined : instant;
}

/** Answers 400, naming the parameter and how it is written. */
export function sendWrongInstant(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(request, reply, {
    status: 400,
    kind: 'parameters',
    title: 'Some parameters are not valid',
    problems: [{ field: 'as_of', problem: 'is not a past instant with a zone: use 2026-01-01T00:00:00Z' }],
  });
}
