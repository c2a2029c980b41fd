/** What a spool keeps, in the order in which it happened. */
export type LogRecord = LogLineRecord | LogGapRecord;

export interface LogLineRecord {
  readonly kind: 'line';
  /** 1, 2, 3, ... over all streams. */
  readonly sequence: number;
  /** UNIX nanoseconds, the cell's clock. */
  readonly time: bigint;
  readonly stream: LogStream;
  readonly source: string;
  /** Without its newline; bytes as the program wrote them. */
  readonly text: Buffer;
  readonly newline: boolean;
}

export interface LogGapRecord {
  readonly kind: 'gap';
  readonly afterSequence: number;
  readonly lines: number;
  readonly bytes: number;
  readonly reason: string;
}

/** Closes what is told to a reader; never in the file's middle. */
export interface LogEndRecord {
  readonly kind: 'end';
  readonly lastSequence: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** Of the lines that are kept, in hex; empty while the task goes on. */
  readonly stdoutSha256: string;
  readonly stderrSha256: string;
  /** Why the stream ends although the task goes on; empty when the task is over. */
  readonly reason: string;
}

/** What the task wrote. */
export type OutputStream = 'stdout' | 'stderr';
/** `system`: said about the task by its cell, so that a task's own stdout is nothing but its own. */
export type LogStream = OutputStream | 'system';

/*
 * One record in the file: length of what follows (4), sequence (8), time (8), flags (1), length of the source (1), source, text.
 * A gap is a record with the gap flag whose text is JSON. The file is only ever appended to, so a cell that dies leaves at most one torn
 * record, at the end, which the length tells.
 */
const HEADER_BYTES = 22;
const STDERR = 1;
const NEWLINE = 2;
const GAP = 4;
const SYSTEM = 8;

const STREAM_FLAG: Readonly<Record<LogStream, number>> = { stdout: 0, stderr: STDERR, system: SYSTEM };

export function encodeRecord(record: LogRecord): Buffer {
  if (record.kind === 'gap') {
    const { afterSequence, lines, bytes, reason } = record;
    return encode(afterSequence, 0n, GAP, '', Buffer.from(JSON.stringify({ lines, bytes, reason })));
  }
  const flags = STREAM_FLAG[record.stream] | (record.newline ? NEWLINE : 0);
  return encode(record.sequence, record.time, flags, record.source, record.text);
}

function encode(sequence: number, time: bigint, flags: number, source: string, text: Buffer): Buffer {
  const name = Buffer.from(source).subarray(0, 255);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + name.length + text.length);
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes.writeBigUInt64LE(BigInt(sequence), 4);
  bytes.writeBigUInt64LE(time, 12);
  bytes.writeUInt8(flags, 20);
  bytes.writeUInt8(name.length, 21);
  name.copy(bytes, HEADER_BYTES);
  text.copy(bytes, HEADER_BYTES + name.length);
  return bytes;
}

/** The whole records at the beginning of `bytes`, and how many bytes they take. */
export function decodeRecords(bytes: Buffer): { readonly records: LogRecord[]; readonly used: number } {
  const records: LogRecord[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end < at + HEADER_BYTES || end > bytes.length) break;
    records.push(decode(bytes.subarray(at, end)));
    at = end;
  }
  return { records, used: at };
}

function decode(bytes: Buffer): LogRecord {
  const sequence = Number(bytes.readBigUInt64LE(4));
  const flags = bytes.readUInt8(20);
  const nameEnd = HEADER_BYTES + bytes.readUInt8(21);
  const text = bytes.subarray(nameEnd);
  if ((flags & GAP) !== 0) {
    const gap = JSON.parse(text.toString()) as { lines: number; bytes: number; reason: string };
    return { kind: 'gap', afterSequence: sequence, ...gap };
  }
  return {
    kind: 'line',
    sequence,
    time: bytes.readBigUInt64LE(12),
    stream: (flags & SYSTEM) !== 0 ? 'system' : (flags & STDERR) !== 0 ? 'stderr' : 'stdout',
    source: bytes.toString('utf8', HEADER_BYTES, nameEnd),
    text,
    newline: (flags & NEWLINE) !== 0,
  };
}
