import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { SPEC_VERSION } from '../../queries/envelope.ts';

/** Describes every route that is registered after it as OpenAPI 3.1; parameters are checked by the same schemas. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Headway',
        version: SPEC_VERSION,
        description: 'Delivery metrics that explain themselves. What each number means is at /docs.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Asked for once the server has a tokens file.' },
        },
      },
      security: [{ token: [] }],
      tags: [
        { name: 'intake', description: 'Facts in' },
        { name: 'metrics', description: 'Numbers out, and what they are made of' },
        { name: 'facts', description: 'Single events, deliveries and what could not be read' },
        { name: 'catalog', description: 'Services and teams' },
        { name: 'planning', description: 'Objectives and service levels' },
        { name: 'health', description: 'About this server' },
      ],
    },
    transform: jsonSchemaTransform,
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are written by their routes; a schema only describes them.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
}

/** Gives a group of routes their zod types. */
export function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}
