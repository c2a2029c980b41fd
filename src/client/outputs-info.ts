import { formatSize } from '../platform/size.ts';
import type { OutputsInfo__Output } from '../rpc/gen/gavel/v1/OutputsInfo.ts';

export interface OutputFile {
  /** The path inside the container without its leading slash (with one at its end: an empty folder); stdout.txt and stderr.txt are the task's output. */
  readonly path: string;
  readonly size: number;
  readonly compressed_size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Where a link leads; empty for files. */
  readonly link_target: string;
  /** Of the content, in hex. */
  readonly sha256: string;
  /** UNIX seconds. */
  readonly modified_at: number;
}

const GAP = 3;
const TITLES = ['Size', 'Compressed', 'Name'] as const;

/** What a run left behind. Printed, it is the table that `gavel task outputs` shows. */
export class OutputsInfo {
  readonly task_guid: string;
  readonly archive_bytes: number;
  readonly archive_sha256: string;
  /** Of all files, before compression. */
  readonly total_bytes: number;
  readonly files: readonly OutputFile[];
  /** What was asked for and is not here, each with the reason. */
  readonly notes: readonly string[];
  /** UNIX nanoseconds. */
  readonly sealed_at: bigint;

  constructor(wire: OutputsInfo__Output) {
    this.task_guid = wire.task_guid;
    this.archive_bytes = Number(wire.archive_bytes);
    this.archive_sha256 = wire.archive_sha256;
    this.total_bytes = Number(wire.total_bytes);
    this.notes = wire.notes;
    this.sealed_at = BigInt(wire.sealed_at);
    this.files = wire.files.map((file) => ({
      ...file,
      size: Number(file.size),
      compressed_size: Number(file.compressed_size),
      modified_at: Number(file.modified_at),
    }));
  }

  toString(): string {
    const rows = this.files.map((file) => [formatSize(file.size), formatSize(file.compressed_size), nameOf(file)]);
    const table = [TITLES, ...rows];
    const width = (column: number) => Math.max(...table.map((row) => (row[column] ?? '').length));
    const widths = [width(0) + GAP, width(1) + GAP];
    const lines = table.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('')
        .trimEnd(),
    );
    return [`Archive size: ${formatSize(this.archive_bytes)}`, 'Contents:', ...lines.map((line) => `  ${line}`)].join(
      '\n',
    );
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A container's file names are somebody else's text: nothing in them may steer a terminal. */
function nameOf({ path, link_target }: OutputFile): string {
  const name = link_target === '' ? path : `${path} -> ${link_target}`;
  return name.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}
