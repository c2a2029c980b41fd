import { z } from 'zod';
import { formatSeconds, parseDuration } from '../domain/duration.ts';

/*
 * Field kinds of a task spec. What is left out is empty, as on the wire.
 */

export const text = () => z.string().default('');
export const yesNo = () => z.boolean().default(false);
export const list = <T extends z.ZodType>(of: T) => z.array(of).default([]);
export const texts = () => z.record(z.string(), z.string()).default({});

/** The bounds are the wire's: what does not fit there would arrive as another number. */
export const integer = (least: number, most: number) => z.int().min(least).max(most);
export const int32 = () => integer(-2_147_483_648, 2_147_483_647).default(0);
export const uint32 = () => integer(0, 4_294_967_295);

/** `5m`, `1h30m`, `300s`, or a number of seconds; stored in the one form of the wire. Null is "not set". */
export const duration = () =>
  z
    .unknown()
    .transform((given, context): string | undefined => {
      if (given === undefined || given === null) return undefined;
      const ms =
        typeof given === 'number'
          ? Math.round(given * 1_000)
          : typeof given === 'string'
            ? parseDuration(given)
            : undefined;
      if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return formatSeconds(ms);
      context.addIssue({
        code: 'custom',
        message: 'must be a time span such as "5m", "1h30m" or "300s", or a number of seconds',
      });
      return z.NEVER;
    })
    .optional()
    .meta({ type: ['string', 'number', 'null'], examples: ['5m', '300s', 90] });
