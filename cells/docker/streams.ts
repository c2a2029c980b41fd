import { Readable } from 'node:stream';
import type { ContainerOutput } from '../executor/runtime.ts';
import { InitWatch } from './init-watch.ts';

const HEADER_BYTES = 8;
const STDERR = 2;
/** What waits in memory per stream before the engine, and then the process, is held up. */
const BUFFER_BYTES = 256 * 1024;

export interface DemuxedOutput extends ContainerOutput {
  readonly watch: InitWatch;
}

/** What belongs to the process of what has come so far; what is left out is kept back, or was not for the user. */
export interface Passed {
  readonly stdout?: Buffer;
  readonly stderr?: Buffer;
}

/** Looks at the output before the user does. */
export interface OutputFilter {
  stdout(bytes: Buffer): Passed;
  stderr(bytes: Buffer): Passed;
  /** No more will come. */
  end(): Passed;
}

/** The output of a container's own process, with what its init says about itself taken out. */
export function demultiplex(source: Readable): DemuxedOutput {
  const watch = new InitWatch();
  const output = splitStreams(source, {
    stdout: (bytes) => ({ stderr: watch.onStdout(), stdout: bytes }),
    stderr: (bytes) => ({ stderr: watch.onStderr(bytes) }),
    end: () => ({ stderr: watch.onEnd() }),
  });
  return { ...output, watch };
}

/**
 * Takes the engine's multiplexed stream apart (8 bytes of header: kind, 0, 0, 0, length; then the payload). A payload is passed
 * on piece by piece as it comes, never gathered. When one side is full, the connection is paused: both sides stand still.
 * `keepOpen`: what the user no longer wants is still read to its end, for the sake of the connection.
 */
export function splitStreams(source: Readable, filter: OutputFilter, keepOpen = false): ContainerOutput {
  const full = new Set<Readable>();
  const side = (): Readable => {
    const stream: Readable = new Readable({
      highWaterMark: BUFFER_BYTES,
      read: () => resume(stream),
      destroy: (_error, done) => {
        // A side nobody wants any more must not hold up the other one.
        resume(stream);
        done(null);
      },
    });
    return stream;
  };
  const resume = (stream: Readable): void => {
    full.delete(stream);
    if (full.size === 0 && source.isPaused()) source.resume();
  };
  const stdout = side();
  const stderr = side();

  let open = true;
  let over = false;
  const push = (stream: Readable, bytes: Buffer | undefined): void => {
    if (!open || bytes === undefined || bytes.length === 0 || stream.destroyed) return;
    if (!stream.push(bytes)) full.add(stream);
  };
  const pass = (passed: Passed): void => {
    push(stderr, passed.stderr);
    push(stdout, passed.stdout);
  };
  const shut = (): void => {
    if (!open) return;
    open = false;
    stdout.push(null);
    stderr.push(null);
  };
  const end = (): void => {
    if (over) return;
    over = true;
    pass(filter.end());
    shut();
  };

  const parser = new FrameParser((kind, bytes) => {
    pass(kind === STDERR ? filter.stderr(bytes) : filter.stdout(bytes));
  });
  source.on('data', (chunk: Buffer) => {
    parser.write(chunk);
    if (full.size > 0) source.pause();
  });
  source.on('end', end);
  source.on('error', end);
  source.on('close', end);
  return {
    stdout,
    stderr,
    close: () => {
      if (keepOpen) {
        shut();
        full.clear();
        source.resume();
      } else {
        end();
        source.destroy();
      }
    },
  };
}

/** Finds the frames in a stream that is cut anywhere, also inside a header. */
export class FrameParser {
  readonly #onPayload: (kind: number, bytes: Buffer) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #left = 0;

  constructor(onPayload: (kind: number, bytes: Buffer) => void) {
    this.#onPayload = onPayload;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes);
        at += taken;
        this.#headerBytes += taken;
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#headerBytes = 0;
        this.#left = this.#header.readUInt32BE(4);
      } else {
        const piece = chunk.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        this.#onPayload(this.#header.readUInt8(0), piece);
      }
    }
  }
}

/** What comes, up to a bound; the rest is thrown away with the stream. */
export async function collectBounded(stream: Readable, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let left = maxBytes;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) break;
  }
  return Buffer.concat(pieces);
}
