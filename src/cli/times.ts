import { msToNanos, parseDuration } from '../domain/duration.ts';
import { DomainError } from '../domain/errors.ts';

/**
 * A moment as people write it: `2015-01-27`, `2015-01-27 21:39:30 UTC`, RFC 3339, or a time span back from now (`2h`).
 * Without a zone it is UTC, as everything that is printed. UNIX nanoseconds.
 * @throws DomainError `invalid_argument` naming the flag.
 */
export function momentOf(text: string, flag: string, nowMs: number): bigint {
  const bare = text.trim();
  const back = /^\d+$/.test(bare) ? undefined : parseDuration(bare);
  if (back !== undefined) return msToNanos(nowMs - back);
  if (bare === 'now') return msToNanos(nowMs);
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))? ?(UTC|Z|[+-]\d{2}:?\d{2})?$/i.exec(
    bare,
  );
  if (match !== null) {
    const [, day = '', clock = '00:00', zone = 'Z'] = match;
    const at = Date.parse(`${day}T${clock}${/^(utc|z)$/i.test(zone) ? 'Z' : zone}`);
    if (Number.isFinite(at)) return msToNanos(at);
  }
  throw new DomainError(
    'invalid_argument',
    `${flag}: ${text} is no time; give 2015-01-27, "2015-01-27 21:39:30 UTC", or a span back from now such as 2h`,
  );
}
