import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

/** Logs as JSON lines to stderr, so that stdout is a command's own. Headers and bodies are never logged. */
export function createLogger(level: string): FastifyBaseLogger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // A net under the rule that nothing secret is logged.
      redact: {
        paths: ['*.authorization', '*.secret', '*.token', '*.password', 'req.headers', 'err.config', 'err.request'],
        censor: '(redacted)',
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
