import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeAnswer, encodeGroup, groupVerdicts } from '../../../bbs/store/etcd/txn.ts';
import type { Commit } from '../../../bbs/store/store.ts';

/** The protocol's own description, as etcd3 ships it: what is written and read by hand must be the same to it. */
const root = new protobuf.Root().loadSync(fileURLToPath(import.meta.resolve('etcd3/proto/rpc.proto')), {
  keepCase: true,
});
const type = (name: string) => root.lookupType(`etcdserverpb.${name}`);

const LONG_KEY = `tasks/${'ö'.repeat(40)}-${'x'.repeat(200)}`;
const created: Commit = {
  guards: [
    { key: 'tasks/a', modRevision: 0 },
    { key: 'cells/c', createRevision: 2 ** 40 + 7 },
  ],
  writes: [
    { put: 'tasks/a', value: Buffer.alloc(70_000, 'v') },
    { put: LONG_KEY, value: Buffer.alloc(0) },
    { delete: 'outbox/a' },
  ],
};
const leased: Commit = {
  guards: [],
  writes: [{ put: 'cells/c', value: Buffer.from('{}'), lease: '7587879567832312345' }],
};

const asTxn = ({ guards, writes }: Commit) => ({
  compare: guards.map((guard) => ({
    key: `/p/${guard.key}`,
    ...('modRevision' in guard
      ? { target: 'Mod', mod_revision: String(guard.modRevision) }
      : { target: 'Create', create_revision: String(guard.createRevision) }),
  })),
  success: writes.map((write) =>
    'delete' in write
      ? { request_delete_range: { key: `/p/${write.delete}` } }
      : {
          request_put: {
            key: `/p/${write.put}`,
            value: write.value.toString(),
            ...(write.lease === undefined ? {} : { lease: write.lease }),
          },
        },
  ),
});

/** What etcd reads, with its bytes as text. */
function read(bytes: Buffer): unknown {
  const object = type('TxnRequest').toObject(type('TxnRequest').decode(bytes), { enums: String, longs: String });
  return JSON.parse(JSON.stringify(object), (_, value: unknown) => {
    const isBytes = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
    return isBytes ? Buffer.from((value as unknown as { data: number[] }).data).toString() : value;
  });
}

const without = (txn: ReturnType<typeof asTxn>) =>
  Object.fromEntries(Object.entries(txn).filter(([, list]) => list.length > 0));

describe('a transaction for etcd', () => {
  it('is one commit as it is', () => {
    expect(read(encodeGroup('/p/', [created]))).toEqual(asTxn(created));
    expect(read(encodeGroup('/p/', [leased]))).toEqual(without(asTxn(leased)));
  });

  it('is a transaction of transactions for several', () => {
    const group = [created, { guards: [], writes: [{ delete: 'b' }] }, created];
    expect(read(encodeGroup('/p/', group))).toEqual({
      success: group.map((commit) => ({ request_txn: without(asTxn(commit)) })),
    });
  });
});

describe('its answer', () => {
  const header = {
    cluster_id: '14841639068965178418',
    member_id: '10276657743932975437',
    revision: '9007199254740991',
  };
  const done = { succeeded: true, responses: [{ response_put: { header: { revision: 3 } } }] };
  const answer = (value: object) =>
    decodeAnswer(Buffer.from(type('TxnResponse').encode(type('TxnResponse').fromObject(value)).finish()));

  it('tells the verdict of one commit', () => {
    expect(groupVerdicts([created], answer({ header, ...done }))).toEqual([
      { committed: true, revision: Number.MAX_SAFE_INTEGER },
    ]);
    expect(groupVerdicts([created], answer({ header, succeeded: false }))).toEqual([
      { committed: false, revision: Number.MAX_SAFE_INTEGER },
    ]);
  });

  it('tells that of each of several, and of no hole', () => {
    const nested = [done, { succeeded: false }, { header, succeeded: true }];
    const whole = answer({ header, succeeded: true, responses: nested.map((response_txn) => ({ response_txn })) });
    expect(groupVerdicts([created, leased, created], whole).map(({ committed }) => committed)).toEqual([
      true,
      false,
      true,
    ]);
    const holed = answer({ header, succeeded: true, responses: [{ response_txn: done }, { response_put: {} }] });
    expect(() => groupVerdicts([created, leased], holed)).toThrow('the answer of the store is incomplete');
    expect(() => groupVerdicts([created, leased], answer({ header, succeeded: true }))).toThrow('incomplete');
  });
});
