import { msToNanos } from '../domain/duration.ts';

/** UNIX nanoseconds of a time that people give as such or as a Date; 0 when it is left out. */
export function nanosOf(time: bigint | Date | undefined): bigint {
  if (time === undefined) return 0n;
  return time instanceof Date ? msToNanos(time.getTime()) : time;
}
