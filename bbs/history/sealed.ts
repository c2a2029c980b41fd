import { decodeRecord, encodeRecord } from '../codec.ts';
import type { HistoryRecord } from '../records.ts';

const END_OF_LINE = 0x0a;

/**
 * A record under a key of its own: one line of JSON for what is said of the task, and the task's JSON as it is in the next. As text within
 * the first line it would be escaped quote by quote, which took longer than all else that removing a task does.
 */
export function encodeSealed({ task_json, ...about }: HistoryRecord): Buffer {
  return Buffer.concat([encodeRecord(about), Buffer.from(`\n${task_json}`)]);
}

/** Of one line, too, as it was written before. @throws Error for bytes that are no record of a version this program knows. */
export function decodeSealed(bytes: Buffer): HistoryRecord {
  const end = bytes.indexOf(END_OF_LINE);
  if (end === -1) return decodeRecord<HistoryRecord>(bytes);
  const about = decodeRecord<Omit<HistoryRecord, 'task_json'>>(bytes.subarray(0, end));
  return { ...about, task_json: bytes.toString('utf8', end + 1) };
}
