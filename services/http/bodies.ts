import type { FastifyInstance } from 'fastify';

// JSON in all its forms, NDJSON, CloudEvents batches, and plain text that says nothing about itself is refused.
const JSON_TYPES = /^application\/([\w.-]+\+)?(json|x-ndjson|ndjson|jsonlines|jsonl|x-jsonlines)(\s*;|\s*$)/i;

/** Reads bodies as the bytes that arrived, which is what a sender signed. Other content types are answered 415. */
export function readRawBodies(app: FastifyInstance): void {
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
