import { encodeRecord } from '../codec.ts';
import { deadKey } from '../keys.ts';
import type { DeliveryRecord, OutboxRecord } from '../records.ts';
import type { Write } from '../store/store.ts';

/** A callback that was given up, kept for operators beside its history record, and gone with it. */
export function deadLetter(
  { task_guid, uid, number, domain }: Pick<OutboxRecord, 'task_guid' | 'uid' | 'number' | 'domain'>,
  { url, attempts, last_status, last_error, tries }: DeliveryRecord,
): Write & { readonly put: string; readonly value: Buffer } {
  const record: OutboxRecord = {
    task_guid,
    uid,
    number,
    ...(domain === undefined ? {} : { domain }),
    url,
    attempts,
    next_at: 0,
    last_status,
    last_error,
    dead: true,
    ...(tries === undefined ? {} : { tries }),
  };
  return { put: deadKey(number), value: encodeRecord(record) };
}
