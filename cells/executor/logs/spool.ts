import { type FileHandle, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { errorText } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { StreamDigests } from './digests.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import type { RateLimit } from './rate-limit.ts';
import {
  decodeRecords,
  encodeRecord,
  type LogEndRecord,
  type LogRecord,
  type LogStream,
  type OutputStream,
} from './record.ts';

export interface SpoolOptions {
  /** Path without ending: `.log` holds the records, `.end` the byte counts once the task is over. */
  readonly path: string;
  readonly maxBytes: number;
  readonly source: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How a spool ended; without digests where an older cell ended it, or the disk did not take all lines. */
export type SpoolEnd = Omit<LogEndRecord, 'kind' | 'reason'>;

/** Above this, whoever writes waits for the disk, so a flood of output is held in the pipe, not in our memory. */
const PENDING_MAX_BYTES = 1 << 20;
const READ_BYTES = 256 * 1_024;
/** Beyond what the output may take: how a task ended is said also when it wrote too much. */
const OWN_BYTES = 64 * 1_024;
const NO_DIGESTS = { stdoutSha256: '', stderrSha256: '' };

/** The output of one process among several: its lines are its own, the limits are those of all. */
export interface SpoolChannel {
  write(stream: OutputStream, piece: Buffer): Promise<void>;
  /** The rest of it, as it has ended. */
  end(): void;
}

/** One attempt's output: an append-only file with one writer (the cell) and any number of readers. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #main: Splitters;
  readonly #channels = new Set<Splitters>();
  readonly #bytes = { stdout: 0, stderr: 0 };
  readonly #digests = new StreamDigests();
  readonly #waiting = new Set<() => void>();
  #source: string;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #sequence = 0;
  /** How much of the file readers may read. */
  #written = 0;
  /** How much was accepted, written or not. */
  #accepted = 0;
  #dropped: { lines: number; bytes: number; reason: string; told: boolean } | undefined;
  #end: SpoolEnd | undefined;
  #broken = false;
  #limit: RateLimit | undefined;
  /** Lines that the rate limit has dropped and that no gap tells of yet. */
  #muted = { lines: 0, bytes: 0 };

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#main = splitters(undefined);
    this.#source = options.source;
  }

  /** A spool of before a restart: what is whole stays, a torn last record goes. */
  static async reopen(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#restore();
    return spool;
  }

  get ended(): SpoolEnd | undefined {
    return this.#end;
  }

  /** The task's own name for its lines, known once its definition is. */
  setSource(source: string): void {
    this.#source = source;
  }

  /** What belongs to every line of it, kept beside them. */
  describe(facts: Readonly<Record<string, unknown>>): void {
    // Like the lines themselves: a disk that is full costs them, never the task.
    void this.#keep(async () => await writeFile(`${this.#options.path}.meta`, JSON.stringify(facts), { mode: 0o600 }));
  }

  /** From now on; lines of ours do not count. */
  limitRate(limit: RateLimit | undefined): void {
    this.#limit = limit;
  }

  /** Output as it comes. The promise resolves at once unless the disk is behind. */
  async write(stream: OutputStream, piece: Buffer): Promise<void> {
    await this.#write(this.#main, stream, piece);
  }

  /** For a process that writes beside others. */
  open(source: string): SpoolChannel {
    const channel = splitters(source);
    this.#channels.add(channel);
    return {
      write: async (stream, piece) => await this.#write(channel, stream, piece),
      end: () => {
        if (this.#channels.delete(channel)) this.#flushRest(channel);
      },
    };
  }

  /** A line of ours for people, in the task's name or in that of one of its actions. */
  say(text: string, source = this.#source): void {
    this.#lines('system', [{ text: Buffer.from(text), newline: true }], source);
  }

  /** Output that was lost in a way that nobody can count. */
  gap(reason: string): void {
    this.#append(encodeRecord({ kind: 'gap', afterSequence: this.#sequence, lines: 0, bytes: 0, reason }), true);
  }

  /** The rest of the output, before a last word of ours. */
  flushLines(): void {
    for (const one of [this.#main, ...this.#channels]) this.#flushRest(one);
  }

  /** No more will come. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    this.flushLines();
    this.#tellMuted();
    this.#tellDropped();
    while (this.#flushing !== undefined) await this.#flushing;
    const { stdout: stdoutBytes, stderr: stderrBytes } = this.#bytes;
    const digests = this.#digests.end();
    this.#end = { lastSequence: this.#sequence, stdoutBytes, stderrBytes, ...(this.#broken ? NO_DIGESTS : digests) };
    this.#wake();
    await this.#file?.close();
    this.#file = undefined;
    await this.#keep(async () => await writeFile(`${this.#options.path}.end`, JSON.stringify(this.#end)));
  }

  /** The cell goes, the task stays: what came so far goes to disk, and the next process of the cell goes on with it. */
  async detach(): Promise<void> {
    this.flushLines();
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#file?.close();
    this.#file = undefined;
  }

  /**
   * Records behind `afterSequence`, in batches, then as they are written, then the end: one reading of one file, so there is no
   * seam between what was and what comes. Without `follow`, what there is now and its end.
   */
  async *follow(
    afterSequence: number,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<readonly (LogRecord | LogEndRecord)[]> {
    let file: FileHandle | undefined;
    try {
      let at = 0;
      for (;;) {
        const end = this.#end;
        const until = this.#written;
        while (at < until && !signal.aborted) {
          file ??= await open(`${this.#options.path}.log`, 'r');
          const { records, used } = await readAt(file, at, until);
          if (used === 0) break;
          at += used;
          const wanted = records.filter((r) => (r.kind === 'line' ? r.sequence : r.afterSequence + 1) > afterSequence);
          if (wanted.length > 0) yield wanted;
        }
        if (signal.aborted) return;
        if (end !== undefined || !follow) {
          yield [this.#endRecord(end)];
          return;
        }
        if (this.#written === until && this.#end === undefined) await this.#changed(signal);
      }
    } finally {
      await file?.close();
    }
  }

  #endRecord(end: SpoolEnd | undefined): LogEndRecord {
    if (end !== undefined) return { kind: 'end', ...end, reason: '' };
    const { stdout: stdoutBytes, stderr: stderrBytes } = this.#bytes;
    const counts = { lastSequence: this.#sequence, stdoutBytes, stderrBytes };
    return { kind: 'end', ...counts, ...NO_DIGESTS, reason: 'the task goes on' };
  }

  async #write(from: Splitters, stream: OutputStream, piece: Buffer): Promise<void> {
    this.#bytes[stream] += piece.length;
    this.#lines(stream, from[stream].push(piece), from.source);
    if (this.#pendingBytes > PENDING_MAX_BYTES) await this.#flushing;
  }

  #flushRest(from: Splitters): void {
    for (const stream of ['stdout', 'stderr'] as const) this.#lines(stream, from[stream].end(), from.source);
  }

  #lines(stream: LogStream, lines: readonly Line[], source = this.#source): void {
    if (this.#end !== undefined) return;
    for (const { text, newline } of lines) {
      if (stream !== 'system' && !this.#passes(text.length)) continue;
      const time = this.#options.clock.nowNanos();
      const sequence = this.#sequence + 1;
      const record = encodeRecord({ kind: 'line', sequence, time, stream, source, text, newline });
      if (this.#append(record, stream === 'system')) {
        this.#sequence = sequence;
        this.#digests.add(stream, text, newline);
      } else if (this.#dropped !== undefined) {
        this.#dropped.lines += 1;
        this.#dropped.bytes += text.length;
      }
    }
  }

  #passes(bytes: number): boolean {
    const limit = this.#limit;
    const verdict = limit?.judge(bytes);
    if (limit === undefined || verdict === undefined) return true;
    if (verdict.kind === 'pass') {
      this.#tellMuted();
      return true;
    }
    this.#muted.lines += 1;
    this.#muted.bytes += bytes;
    if (verdict.first) this.say(`app instance exceeded log rate limit (${limit.bytesPerSecond} bytes/sec)`);
    return false;
  }

  #tellMuted(): void {
    const { lines, bytes } = this.#muted;
    if (lines === 0) return;
    this.#muted = { lines: 0, bytes: 0 };
    const reason = `log_rate_limit of ${this.#limit?.bytesPerSecond ?? 0} bytes per second`;
    this.#append(encodeRecord({ kind: 'gap', afterSequence: this.#sequence, lines, bytes, reason }), true);
  }

  /** @returns false when the spool is full (or broken): no more output is taken, and a gap says how much that was. */
  #append(record: Buffer, own: boolean): boolean {
    if (this.#dropped !== undefined && (!own || this.#broken)) return false;
    const { maxBytes } = this.#options;
    if (this.#accepted + record.length > maxBytes + (own ? OWN_BYTES : 0)) {
      const reason = `more than ${Math.round(maxBytes / (1 << 20))} MiB of output`;
      this.#dropped ??= { lines: 0, bytes: 0, reason, told: false };
      return false;
    }
    this.#tellDropped();
    this.#push(record);
    return true;
  }

  #tellDropped(): void {
    if (this.#dropped === undefined || (this.#dropped.told && this.#dropped.lines === 0)) return;
    const { lines, bytes, reason } = this.#dropped;
    this.#push(encodeRecord({ kind: 'gap', afterSequence: this.#sequence, lines, bytes, reason }));
    this.#dropped = { lines: 0, bytes: 0, reason, told: true };
  }

  #push(record: Buffer): void {
    this.#accepted += record.length;
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // What is written in the same turn goes to the disk in one write.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const bytes = this.#pending.length === 1 ? (this.#pending[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pending);
      this.#pending = [];
      const done = await this.#keep(async () => {
        this.#file ??= await open(`${this.#options.path}.log`, 'a', 0o600);
        await this.#file.appendFile(bytes);
      });
      this.#pendingBytes -= bytes.length;
      if (done) this.#written += bytes.length;
      // Part of it may have come to the disk: readers count on whole records only.
      else await this.#file?.truncate(this.#written).catch(() => undefined);
      this.#wake();
    }
    // In the same turn as the look at what is pending, so that the next push starts the next flush.
    this.#flushing = undefined;
  }

  /** A disk that is full costs log lines, never the task (reliability C16). */
  async #keep(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#broken = true;
      if (this.#dropped === undefined) {
        this.#options.log.error({ path: this.#options.path, error: errorText(error) }, 'log.write-failed');
      }
      this.#dropped ??= { lines: 0, bytes: 0, reason: `cannot write: ${errorText(error)}`, told: false };
      return false;
    }
  }

  async #changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #restore(): Promise<void> {
    const path = `${this.#options.path}.log`;
    const size = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    if (size > 0) await this.#replay(path, size);
    const end = await readFile(`${this.#options.path}.end`, 'utf8').catch(() => undefined);
    // Written by close() above; a torn one (it is not synced) counts as none.
    if (end !== undefined) this.#end = parseEnd(end);
  }

  async #replay(path: string, size: number): Promise<void> {
    const file = await open(path, 'r');
    try {
      let at = 0;
      for (;;) {
        const { records, used } = await readAt(file, at, size);
        if (used === 0) break;
        at += used;
        for (const record of records) {
          if (record.kind === 'gap') continue;
          this.#sequence = record.sequence;
          this.#digests.add(record.stream, record.text, record.newline);
          if (record.stream !== 'system') this.#bytes[record.stream] += record.text.length + (record.newline ? 1 : 0);
        }
      }
      if (at < size) await truncate(path, at);
      this.#written = at;
      this.#accepted = at;
    } finally {
      await file.close();
    }
  }
}

interface Splitters {
  /** Undefined = the task's own. */
  readonly source: string | undefined;
  readonly stdout: LineSplitter;
  readonly stderr: LineSplitter;
}

function splitters(source: string | undefined): Splitters {
  return { source, stdout: new LineSplitter(), stderr: new LineSplitter() };
}

async function readAt(file: FileHandle, at: number, until: number): Promise<{ records: LogRecord[]; used: number }> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, until - at));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  return decodeRecords(buffer.subarray(0, bytesRead));
}

function parseEnd(text: string): SpoolEnd | undefined {
  try {
    return { ...NO_DIGESTS, ...(JSON.parse(text) as SpoolEnd) };
  } catch {
    return undefined;
  }
}
