import { gunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { MAX_BODY_BYTES } from '../../ingest/receive.ts';

// JSON in all its forms, NDJSON, CloudEvents batches, and plain text that says nothing about itself is refused.
const JSON_TYPES = /^application\/([\w.-]+\+)?(json|x-ndjson|ndjson|jsonlines|jsonl|x-jsonlines)(\s*;|\s*$)/i;

/**
 * Reads bodies as the bytes that arrived, which is what a sender signed; of a body sent with `Content-Encoding: gzip` these
 * are the bytes within. Other content types and encodings are answered 415, more than {@link MAX_BODY_BYTES} after inflating
 * 413, what is not gzip 400.
 */
export function readRawBodies(app: FastifyInstance): void {
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (coding === 'identity' || coding === '') return done(null, body);
    if (coding !== 'gzip' && coding !== 'x-gzip') return done(withStatus(415));
    // Inflating stops at the limit: a bomb never takes more memory than the largest body.
    gunzip(body, { maxOutputLength: MAX_BODY_BYTES }, (error, inflated) => {
      if (error === null) done(null, inflated);
      else done(withStatus((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 413 : 400));
    });
  });
}

function withStatus(statusCode: number): Error {
  return Object.assign(new Error('the body cannot be taken'), { statusCode });
}
