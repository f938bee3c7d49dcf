import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/**
 * What a token allows: `ingest` canonical events, `read` numbers and facts, `comments` what people wrote in surveys (which the
 * many who read numbers need not), `admin` raw deliveries. Admin includes the others.
 */
export const scopes = ['ingest', 'read', 'comments', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** A token as the file has it: 256 random bits need no slow hash, so SHA-256 is kept, never the token. */
export interface TokenRecord {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** `sha256:` and 64 hex digits. */
  readonly hash: string;
}

const file = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        scopes: z.array(z.enum(scopes)).min(1),
        hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits'),
      }),
    )
    .min(1, 'must list at least one token'),
});

/** Reads the tokens file (YAML, so JSON too). Every problem is a line for people; no hash is ever part of one. */
export function readTokens(
  path: string,
): { ok: true; tokens: readonly TokenRecord[] } | { ok: false; problems: string[] } {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { ok: false, problems: [code ? `cannot be read (${code})` : 'is not valid YAML'] };
  }
  const result = file.safeParse(document);
  if (result.success) return { ok: true, tokens: result.data.tokens };
  return {
    ok: false,
    problems: result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
  };
}

/** A new token and the record to keep of it. The token is shown once and stored nowhere. */
export function createToken(name: string, granted: readonly Scope[]): { token: string; record: TokenRecord } {
  const token = `hw_${randomBytes(32).toString('base64url')}`;
  return { token, record: { name, scopes: granted, hash: `sha256:${digest(token).toString('hex')}` } };
}

/** The record that `presented` belongs to, or null. Compares with every record in constant time. */
export function findToken(tokens: readonly TokenRecord[], presented: string): TokenRecord | null {
  const given = digest(presented);
  let found: TokenRecord | null = null;
  for (const record of tokens) {
    if (timingSafeEqual(given, Buffer.from(record.hash.slice(7), 'hex'))) found = record;
  }
  return found;
}

/** True if the record grants the scope. */
export function allows(record: TokenRecord, scope: Scope): boolean {
  return record.scopes.includes(scope) || record.scopes.includes('admin');
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
