import { z } from 'zod';
import { DomainError } from '../../src/domain/errors.ts';
import { parseJson } from '../../src/platform/json.ts';
import { faultsOf } from '../../src/platform/spec-faults.ts';

/*
 * What comes with a request, checked by schemas that also are the OpenAPI document's: query parameters arrive as text, so their
 * schemas turn text into what is meant, and `meta` says what a caller sees.
 */

/** A flag: `?follow`, `?follow=true`, `?follow=1`. */
export const flag = (description: string) =>
  z
    .string()
    .transform((given, context) => {
      if (['', 'true', '1'].includes(given)) return true;
      if (!['false', '0'].includes(given)) context.addIssue({ code: 'custom', message: 'must be true or false' });
      return false;
    })
    .default(false)
    .meta({ type: 'boolean', description });

/** A whole number from `least` to `most`. */
export const whole = (description: string, least: number, most: number) =>
  z
    .string()
    .transform((given, context) => {
      const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= least && value <= most) return value;
      context.addIssue({ code: 'custom', message: `must be a whole number from ${least} to ${most}` });
      return z.NEVER;
    })
    .default(0)
    .meta({ type: 'integer', minimum: least, maximum: most, description });

/** Words of `known` (any, when that is left out): the parameter repeated, or parted by commas. */
export const words = <K extends string>(description: string, known?: readonly K[]) =>
  z
    .string()
    .transform((given, context) => {
      const list = given.split(',').filter((word) => word !== '');
      const names: readonly string[] | undefined = known;
      const odd = list.filter((word) => names?.includes(word) === false);
      if (odd.length > 0)
        context.addIssue({ code: 'custom', message: `must be of ${known?.join(', ')}; it is ${odd.join(', ')}` });
      return list as K[];
    })
    .default([])
    .meta({ type: 'array', items: { type: 'string', ...(known && { enum: [...known] }) }, description });

/** UNIX nanoseconds: more digits than a number holds. */
export const nanos = (description: string) =>
  z
    .string()
    .regex(/^\d{1,19}$/, 'must be UNIX nanoseconds')
    .default('0')
    .meta({ type: 'integer', format: 'int64', description });

export const word = (description: string) => z.string().default('').meta({ description });

/** @throws DomainError `invalid_argument` with every fault, unknown names among them. */
export function checked<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const faults = faultsOf(
    parsed.error.issues,
    given,
    (path) => (path.length === 0 ? names : []),
    () => undefined,
  );
  const text = faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new DomainError('invalid_argument', text, { faults });
}

/** A body of JSON that may be left out: then it is an empty object. */
export function body<T extends z.ZodType>(name: string, schema: T) {
  const read = (text: string): z.output<T> => checked(schema, text.trim() === '' ? {} : parseJson(text));
  return { name, schema, required: false, read };
}

/** A body of JSON that must be there, of so many bytes at most. */
export function required<T extends z.ZodType>(name: string, schema: T, mostBytes: number) {
  const read = (text: string): z.output<T> => checked(schema, parseJson(text));
  return { name, schema, required: true, mostBytes, read };
}
