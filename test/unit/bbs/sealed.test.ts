import { expect, test } from 'vitest';
import { encodeRecord } from '../../../bbs/codec.ts';
import { decodeSealed, encodeSealed } from '../../../bbs/history/sealed.ts';
import type { HistoryRecord } from '../../../bbs/records.ts';

const RECORD: HistoryRecord = {
  number: 7,
  task_guid: 'g"1\n',
  uid: 'u1',
  domain: 'dömäin',
  task_json: '{"created_at":1763740000000000001,"result":"line\\nline ü"}',
  resolved_at: '1763740000000000002',
  resolved_by: 'client',
  delivery: { url: 'http://h/', state: 'delivered', attempts: 1, last_status: 200, last_error: '' },
};

test('a sealed record comes back as it went, its task digit for digit', () => {
  expect(decodeSealed(encodeSealed(RECORD))).toEqual(RECORD);
});

test('a record of one line, as they were before, is read too', () => {
  expect(decodeSealed(encodeRecord(RECORD))).toEqual(RECORD);
});

test('a record of a version that nobody knows is refused', () => {
  const later = encodeSealed(RECORD).toString().replace('{"v":1,', '{"v":2,');
  expect(() => decodeSealed(Buffer.from(later))).toThrow('version 2');
});
