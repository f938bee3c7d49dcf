import { z } from 'zod';
import { keptHeaders } from '../../record.ts';
import { type EventType, eventTypes, isEventType, isOwnType } from '../../vocabulary/vocabulary.ts';
import { check, type Problem, type YamlDocument } from '../../workspace/document.ts';
import { fieldsOfElement, fieldsOfKind, fitted, isNeeded } from './field.ts';
import { parseSelector, type Selector } from './selector.ts';
import { type Complain, readValue, type Value } from './value.ts';

/** A sender of one's own, as a file of `workspace/sources/` describes it: plain data. */
export interface CustomDefinition {
  /** The file's name without its ending; its hook is `/hooks/custom/{name}`. */
  readonly name: string;
  readonly title: string;
  /** Raised by whoever changes the rules, so that a replay supersedes what the older ones said. */
  readonly version: number;
  readonly confidential: boolean;
  readonly signature: Signature;
  readonly rules: readonly Rule[];
}

/** How a delivery proves whose it is. */
export type Signature =
  | { readonly by: 'token'; readonly header?: string; readonly prefix: string }
  | { readonly by: 'hmac'; readonly header: string; readonly prefix: string; readonly encoding: 'hex' | 'base64' };

/** One kind of event that is made of a body, once, or once for each element. */
export interface Rule {
  readonly kind: EventType;
  readonly each?: Selector;
  readonly when: readonly Condition[];
  readonly key: readonly Value[];
  readonly occurred_at: Value;
  readonly data: Readonly<Record<string, Value>>;
}

/** Holds if what `value` finds is there (or not), or is among `anyOf`, compared as text. */
export type Condition =
  | { readonly value: Value; readonly exists: boolean }
  | { readonly value: Value; readonly anyOf: readonly string[] };

const header = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,128}$/, 'is not the name of a header')
  .transform((name) => name.toLowerCase());
const signature = z.union(
  [
    z
      .strictObject({
        token: z.strictObject({ header: header.optional(), prefix: z.string().max(64).default('') }).nullable(),
      })
      .transform(
        ({ token }): Signature =>
          token?.header === undefined
            ? { by: 'token', prefix: '' }
            : { by: 'token', header: token.header, prefix: token.prefix },
      ),
    z
      .strictObject({
        hmac: z.strictObject({
          header,
          prefix: z.string().max(64).default(''),
          encoding: z.enum(['hex', 'base64']).default('hex'),
        }),
      })
      .transform(({ hmac }): Signature => ({ by: 'hmac', ...hmac })),
  ],
  { error: 'is neither `token: { header, prefix }` nor `hmac: { header, prefix, encoding }`' },
);

const value = z.unknown().transform((raw, context): Value => {
  const read = readValue(raw, complainTo(context));
  return read ?? z.NEVER;
});
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const condition = z
  .strictObject({
    value,
    equals: scalar.optional(),
    in: z.array(scalar).min(1).max(100).optional(),
    exists: z.boolean().optional(),
  })
  .transform(({ value: of, equals, in: list, exists }, context): Condition => {
    const said = [equals, list, exists].filter((one) => one !== undefined).length;
    if (said !== 1) {
      context.addIssue({ code: 'custom', message: 'needs one of equals, in and exists' });
      return z.NEVER;
    }
    return exists === undefined ? { value: of, anyOf: list ?? [equals ?? ''] } : { value: of, exists };
  });

const kind = z.string().transform((given, context): EventType => {
  if (isEventType(given) && !isOwnType(given)) return given;
  const known = eventTypes.filter((type) => !isOwnType(type));
  const near = known.filter((type) => type.split('.')[0] === given.split('.')[0]);
  const some = near.length > 0 ? near : known;
  context.addIssue({ code: 'custom', message: `'${given}' is not a kind of event; there are ${some.join(', ')}` });
  return z.NEVER;
});
const selector = z.string().transform((given, context): Selector => {
  const read = parseSelector(given);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'is no selector of a list, such as $.items[*]' });
  return z.NEVER;
});

const rule = z
  .strictObject({
    kind,
    each: selector.optional(),
    when: z.array(condition).max(20).default([]),
    key: z.array(value).min(1).max(10),
    occurred_at: value,
    data: z.record(z.string().max(128), value),
  })
  .transform(({ each, ...rest }): Rule => ({ ...rest, ...(each === undefined ? {} : { each }) }));

const definition = z.strictObject({
  title: z.string().trim().min(1).max(100),
  version: z.int().min(1).max(1_000_000).default(1),
  confidential: z.boolean().default(false),
  signature: signature.default({ by: 'token', prefix: '' }),
  events: z.array(rule).min(1).max(50),
});

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Reads a document of `sources/`. Everything that can be known to be wrong is a problem with its line: unknown keys, kinds
 * and fields, fields that a kind needs, selectors that are none, and constants that a field does not take.
 */
export function readCustomSource(document: YamlDocument): {
  readonly definition: CustomDefinition | null;
  readonly problems: readonly Problem[];
} {
  const name = document.file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const { data, problems: found } = check(document, definition);
  const problems = [...found];
  const complain = (message: string, path: readonly PropertyKey[] = []) =>
    problems.push({ file: document.file, line: document.lineOf(path), message });
  for (const problem of fieldProblems(document.value)) complain(problem.message, problem.path);
  if (!NAME.test(name))
    complain(`the file's name is the source's: lower-case letters, digits and hyphens, not '${name}'`);
  for (const [index, { when, key, occurred_at, data: fields }] of (data?.events ?? []).entries()) {
    const values = [...when.map((one) => one.value), ...key, occurred_at, ...Object.values(fields)];
    for (const read of values.flatMap(headersIn)) {
      if (Object.keys(keptHeaders({ [read]: '' }, [read])).length > 0) continue;
      complain(`events.${index}: the header '${read}' may hold a secret, so it is not kept and cannot be read`, [
        'events',
        index,
      ]);
    }
  }
  if (data === null || problems.length > 0) return { definition: null, problems };
  const { events: rules, ...rest } = data;
  return { definition: { name, ...rest, rules }, problems };
}

/** The headers that a value is read from. */
export function headersIn(read: Value): readonly string[] {
  if (read.take === 'header') return [read.header];
  if (read.take === 'map') return headersIn(read.of);
  return read.take === 'each' ? Object.values(read.fields).flatMap(headersIn) : [];
}

/** What is wrong with the fields of each rule, whatever else is wrong with it. */
function fieldProblems(raw: unknown): { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const found: { path: readonly PropertyKey[]; message: string }[] = [];
  const rules = z.object({ events: z.array(z.unknown()) }).safeParse(raw).data?.events ?? [];
  for (const [index, one] of rules.entries()) {
    const read = z.object({ kind, data: z.record(z.string(), z.unknown()) }).safeParse(one).data;
    if (read === undefined) continue;
    const values = Object.entries(read.data).map(([field, given]) => [field, readValue(given, () => {})] as const);
    checkFields(read.kind, fieldsOfKind(read.kind), values, (path, message) =>
      found.push({ path: ['events', index, 'data', ...path], message: `events.${index}: ${message}` }),
    );
  }
  return found;
}

function checkFields(
  of: string,
  known: Readonly<Record<string, z.ZodType>>,
  values: readonly (readonly [string, Value | null])[],
  complain: Complain,
): void {
  const given = new Set(values.map(([field]) => field));
  for (const [field, schema] of Object.entries(known)) {
    if (isNeeded(schema) && !given.has(field)) complain([], `${of} needs the field '${field}'`);
  }
  for (const [field, read] of values) {
    const schema = Object.hasOwn(known, field) ? known[field] : undefined;
    if (schema === undefined) {
      complain([field], `${of} has no field '${field}'; it has ${Object.keys(known).join(', ')}`);
    } else if (read?.take === 'each') {
      const inner = fieldsOfElement(schema);
      if (inner === null) complain([field], `${field} is no list of objects, so it cannot be made with each`);
      else
        checkFields(field, inner, Object.entries(read.fields), (path, message) =>
          complain([field, 'fields', ...path], message),
        );
    } else if (read !== null) {
      for (const constant of constantsOf(read)) {
        const taken = schema.safeParse(fitted(schema, constant));
        const why = taken.success ? undefined : (taken.error.issues[0]?.message ?? 'is not taken');
        if (why !== undefined) complain([field], `${field} '${String(constant)}': ${why}`);
      }
    }
  }
}

function constantsOf(read: Value): readonly unknown[] {
  if (read.take === 'constant') return [read.constant];
  if (read.take !== 'map') return [];
  return [...Object.values(read.map), ...(read.otherwise === undefined ? [] : [read.otherwise])];
}

function complainTo(context: z.core.$RefinementCtx): Complain {
  return (path, message) => context.addIssue({ code: 'custom', message, path: [...path] });
}
