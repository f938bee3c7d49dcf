import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const ROOT = join(import.meta.dirname, '../..');

const duration = z.string().regex(/^(\d+(us|ms|s|m|h))+$/, 'is no duration');
const portNumber = z.coerce.number().int().min(1).max(65_535);
/** A value as Compose reads it: numbers and booleans only where the specification has them. */
const mapping = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());

const published = z.string().transform((value, context) => {
  const parts = /^(?:[\d.]+:)?(\d+):(\d+)$/.exec(value);
  if (parts === null) {
    context.addIssue({ code: 'custom', message: 'is not host:container' });
    return z.NEVER;
  }
  return { published: portNumber.parse(parts[1]), target: portNumber.parse(parts[2]) };
});

const volume = z.string().regex(/^(\.\/|\/|[a-z][a-z0-9-]*:)[^:]*(:[^:]+)?(:ro|:rw)?$/);

const service = z.strictObject({
  image: z.string().regex(/^[a-z0-9./-]+:[A-Za-z0-9._-]+$/, 'names no version'),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: mapping.optional(),
  env_file: z.string().optional(),
  ports: z.array(published).default([]),
  volumes: z.array(volume).default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string().startsWith('/') })).default([]),
  secrets: z.array(z.string()).default([]),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
  init: z.boolean().optional(),
  stop_grace_period: duration.optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  ulimits: z.record(z.string(), z.strictObject({ soft: z.int(), hard: z.int() })).optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
      }),
    )
    .default({}),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
      interval: duration,
      timeout: duration,
      retries: z.int().min(1),
      start_period: duration.optional(),
    })
    .optional(),
});

/** The part of the Compose Specification that docker-compose.yml uses, and nothing else. */
const composeFile = z
  .object({
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
    services: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), service),
    volumes: z.record(z.string(), z.null()),
    secrets: z.record(
      z.string(),
      z.union([z.strictObject({ file: z.string() }), z.strictObject({ environment: z.string() })]),
    ),
    configs: z.record(z.string(), z.strictObject({ content: z.string() })),
  })
  .catchall(z.unknown())
  .refine(
    (file) =>
      Object.keys(file).every(
        (key) => key.startsWith('x-') || ['name', 'services', 'volumes', 'secrets', 'configs'].includes(key),
      ),
    'has a key that the specification does not know',
  );

export type ComposeFile = z.infer<typeof composeFile>;

/** Every variable that the file takes from outside, with its default where it has one. */
export function outsideVariables(text: string): { name: string; fallback: string | null }[] {
  return [...text.matchAll(INTERPOLATION)].map(([, name, , fallback]) => ({ name: name!, fallback: fallback ?? null }));
}

const INTERPOLATION = /(?<!\$)\$\{([A-Z_]+)(?:(:-)([^}]*)|:\?[^}]*)?\}/g;

export function composeText(): string {
  return readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
}

/** The file as Compose sees it with these variables set: anchors merged, interpolated, checked. Throws with every problem. */
export function readCompose(env: Readonly<Record<string, string>>): ComposeFile {
  return composeFile.parse(interpolate(parse(composeText(), { merge: true }), env));
}

/** Compose fills in variables after it has read the YAML, in values only; `$$` stands for `$`. */
function interpolate(node: unknown, env: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((each) => interpolate(each, env));
  if (node !== null && typeof node === 'object') {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, interpolate(value, env)]));
  }
  if (typeof node !== 'string') return node;
  const filled = node.replaceAll(INTERPOLATION, (expression, name: string, fallible: string, fallback: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (fallible === undefined) throw new Error(`${expression} needs ${name}`);
    return fallback;
  });
  return filled.replaceAll('$$', '$');
}
