import protobuf from 'protobufjs';
import { DomainError } from '../../../src/domain/errors.ts';
import { ByteWriter } from '../../../src/platform/byte-writer.ts';
import type { Commit, CommitResult, Guard, Write } from '../store.ts';

/*
 * Transactions as etcd's bytes, written and read by hand: six to each task's life, they were a tenth of all objects that a BBS made, and lived as long as
 * their answer took. Field numbers of etcd's rpc.proto, which do not change.
 */

const LENGTH = 2;
const tag = (field: number, wireType = 0): number => (field << 3) | wireType;

const TXN = { compare: tag(1, LENGTH), success: tag(2, LENGTH) };
const COMPARE = { target: tag(2), key: tag(3, LENGTH), createRevision: tag(5), modRevision: tag(6) };
/** What is compared with; the comparison itself is "equal", which is 0 and so left out. */
const TARGET = { create: 1, mod: 2 };
const OPERATION = { put: tag(2, LENGTH), deleteRange: tag(3, LENGTH), txn: tag(4, LENGTH) };
const PUT = { key: tag(1, LENGTH), value: tag(2, LENGTH), lease: tag(3) };
const DELETE = { key: tag(1, LENGTH) };
const ANSWER = { header: tag(1, LENGTH), succeeded: tag(2), response: tag(3, LENGTH) };
const HEADER = { revision: tag(3) };

const writer = new ByteWriter();

/** One commit as it is; several as one transaction of transactions, each with its own guards. `prefix` stands before each key. */
export function encodeGroup(prefix: string, group: readonly Commit[]): Buffer {
  writer.begin();
  const [only] = group;
  if (only !== undefined && group.length === 1) txn(prefix, only);
  else {
    for (const commit of group)
      within(TXN.success, () => {
        within(OPERATION.txn, () => txn(prefix, commit));
      });
  }
  return writer.finish();
}

function txn(prefix: string, { guards, writes }: Commit): void {
  for (const guard of guards) within(TXN.compare, () => compare(prefix, guard));
  for (const write of writes) within(TXN.success, () => operation(prefix, write));
}

function compare(prefix: string, guard: Guard): void {
  const modified = 'modRevision' in guard;
  writer.uint32(COMPARE.target);
  writer.uint32(modified ? TARGET.mod : TARGET.create);
  text(COMPARE.key, prefix + guard.key);
  // Also where it is 0, which says that there is no such key.
  writer.uint32(modified ? COMPARE.modRevision : COMPARE.createRevision);
  writer.int64(modified ? guard.modRevision : guard.createRevision);
}

function operation(prefix: string, write: Write): void {
  if ('delete' in write) {
    within(OPERATION.deleteRange, () => text(DELETE.key, prefix + write.delete));
    return;
  }
  within(OPERATION.put, () => {
    text(PUT.key, prefix + write.put);
    writer.uint32(PUT.value);
    writer.bytes(write.value);
    if (write.lease === undefined) return;
    writer.uint32(PUT.lease);
    writer.int64(BigInt(write.lease));
  });
}

function within(field: number, write: () => void): void {
  writer.uint32(field);
  const start = writer.open();
  write();
  writer.close(start);
}

function text(field: number, value: string): void {
  writer.uint32(field);
  writer.string(value);
}

export interface TxnAnswer {
  readonly revision: number;
  readonly succeeded: boolean;
  /** Of the transactions within, in their order; undefined where the answer has something else. */
  readonly nested: readonly (boolean | undefined)[];
}

/** What was decided; the rest of the answer repeats the revision for every write. */
export function decodeAnswer(bytes: Buffer): TxnAnswer {
  const reader = protobuf.Reader.create(bytes);
  let revision = 0;
  let succeeded = false;
  const nested: (boolean | undefined)[] = [];
  eachField(reader, reader.len, (field) => {
    if (field === ANSWER.succeeded) succeeded = reader.bool();
    else if (field === ANSWER.header) revision = revisionOf(reader);
    else if (field === ANSWER.response) nested.push(nestedOf(reader));
    else return false;
    return true;
  });
  return { revision, succeeded, nested };
}

function revisionOf(reader: protobuf.Reader): number {
  let revision = 0;
  eachField(reader, reader.uint32() + reader.pos, (field) => {
    if (field !== HEADER.revision) return false;
    // A Long; its own types say no more than that.
    revision = (reader.int64() as unknown as { toNumber: () => number }).toNumber();
    return true;
  });
  return revision;
}

function nestedOf(reader: protobuf.Reader): boolean | undefined {
  let succeeded: boolean | undefined;
  eachField(reader, reader.uint32() + reader.pos, (response) => {
    if (response !== OPERATION.txn) return false;
    succeeded = false;
    eachField(reader, reader.uint32() + reader.pos, (field) => {
      if (field !== ANSWER.succeeded) return false;
      succeeded = reader.bool();
      return true;
    });
    return true;
  });
  return succeeded;
}

/** @param take reads a field; false: it is none that is wanted. */
function eachField(reader: protobuf.Reader, end: number, take: (field: number) => boolean): void {
  while (reader.pos < end) {
    const field = reader.uint32();
    if (!take(field)) reader.skipType(field & 7);
  }
}

/** The verdict of each commit. All that were applied share the transaction's one revision. */
export function groupVerdicts(group: readonly Commit[], { revision, succeeded, nested }: TxnAnswer): CommitResult[] {
  if (group.length === 1) return [{ committed: succeeded, revision }];
  return group.map((_, at) => {
    const committed = nested[at];
    // An answer with a hole leaves the verdict unknown, which is what `unavailable` says.
    if (committed === undefined) throw new DomainError('unavailable', 'the answer of the store is incomplete');
    return { committed, revision };
  });
}
