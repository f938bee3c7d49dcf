import { z } from 'zod';
import { type EventType, vocabulary } from '../../vocabulary/vocabulary.ts';

/** The fields of a kind of event, each with its schema. */
export function fieldsOfKind(type: EventType): Readonly<Record<string, z.ZodType>> {
  return vocabulary[type].shape;
}

/** True if the vocabulary cannot do without it. */
export function isNeeded(schema: z.ZodType): boolean {
  return !schema.safeParse(undefined).success;
}

/** The fields of the elements of a list; null if the field is no list of objects. */
export function fieldsOfElement(schema: z.core.$ZodType): Readonly<Record<string, z.ZodType>> | null {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fieldsOfElement(schema.unwrap());
  return schema instanceof z.ZodArray && schema.element instanceof z.ZodObject ? schema.element.shape : null;
}

/**
 * A value as a field takes it: senders write ids as numbers and flags as texts. What cannot be told is left as it is, for
 * the schema to refuse.
 */
export function fitted(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fitted(schema.unwrap(), value);
  if (schema instanceof z.ZodPipe) return fitted(schema.in, value);
  if (schema instanceof z.ZodString)
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (schema instanceof z.ZodNumber) return isNumeric(value) ? Number(value) : value;
  if (schema instanceof z.ZodBoolean) return value === 'true' ? true : value === 'false' ? false : value;
  if (schema instanceof z.ZodArray) {
    const list = Array.isArray(value) ? value : [value];
    return list.map((one) => fitted(schema.element, one));
  }
  if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, Object.hasOwn(shape, key) ? fitted(shape[key]!, one) : one]),
    );
  }
  return value;
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value);
}
