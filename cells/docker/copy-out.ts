import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { OpenedFile } from '../executor/runtime.ts';
import { bad, findPath, openRegularFile, openTar } from './archive.ts';
import { cancelled, type Engine } from './engine.ts';
import { noAnswer } from './errors.ts';

/** A folder or file as the engine archives it, piece by piece. */
export async function readContainerTar(
  engine: Engine,
  id: string,
  path: string,
  options: { readonly maxBytes: number; readonly signal: AbortSignal; readonly deadlineMs: number },
): Promise<Readable> {
  const { maxBytes, signal, deadlineMs } = options;
  const { real } = await findPath(engine, id, path, deadlineMs, signal);
  const body = await openTar(engine, id, real, deadlineMs, signal);
  const stream = new Source(`read ${path}`, body, signal, deadlineMs);
  const bounded = async function* (): AsyncGenerator<Buffer> {
    let left = maxBytes;
    for await (const piece of stream.pieces(body)) {
      left -= piece.length;
      if (left < 0) throw new DomainError('too_large', `cannot read ${path}: it is more than ${maxBytes} bytes of tar`);
      yield piece;
    }
  };
  return stream.readable(bounded());
}

/** One regular file whole. */
export async function openContainerFile(
  engine: Engine,
  id: string,
  path: string,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<OpenedFile> {
  const { body } = await openRegularFile(engine, id, path, deadlineMs, signal);
  const stream = new Source(`read ${path}`, body, signal, deadlineMs);
  const tar = extract();
  body.once('close', () => {
    if (!body.complete) tar.destroy(new Error('broken off'));
  });
  body.pipe(tar);
  const entries = tar[Symbol.asyncIterator]();
  try {
    const first = await stream.next(entries);
    if (first === undefined) throw noAnswer(`read ${path}`, 'sent an empty archive');
    const { type, size: totalBytes } = first.header;
    if (type !== 'file' && type !== 'contiguous-file') throw bad(path, type);
    const whole = async function* (): AsyncGenerator<Buffer> {
      let got = 0;
      for await (const piece of stream.pieces(first as AsyncIterable<unknown> as AsyncIterable<Buffer>)) {
        got += piece.length;
        yield piece;
      }
      if (got !== totalBytes) throw noAnswer(`read ${path}`, 'broke off in the middle of the file');
    };
    return { bytes: stream.readable(whole()), totalBytes };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** Pieces that come from the engine, each in time; however it ends, the connection is given up. */
class Source {
  readonly #what: string;
  readonly #body: IncomingMessage;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number;

  constructor(what: string, body: IncomingMessage, signal: AbortSignal, deadlineMs: number) {
    this.#what = what;
    this.#body = body;
    this.#signal = signal;
    this.#deadlineMs = deadlineMs;
  }

  /** Given up also when it is destroyed before anything was read of it: a generator that never began has no `finally`. */
  readable(pieces: AsyncGenerator<Buffer>): Readable {
    return Readable.from(pieces, { objectMode: false }).once('close', () => this.#body.destroy());
  }

  async *pieces(from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      const iterator = from[Symbol.asyncIterator]();
      for (;;) {
        const piece = await this.next(iterator);
        if (piece === undefined) break;
        yield piece;
      }
      // A connection that breaks in the middle of a tar ends like one that is complete.
      if (from === this.#body && !this.#body.complete) throw noAnswer(this.#what, 'broke off');
    } finally {
      this.#body.destroy();
    }
  }

  /** Undefined at the end. */
  async next<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const why = `sent no more for ${this.#deadlineMs} ms`;
      timer = setTimeout(() => reject(noAnswer(this.#what, why)), this.#deadlineMs);
    });
    try {
      const { done, value } = await Promise.race([iterator.next(), late]);
      if (this.#signal.aborted) throw cancelled(this.#what);
      return done === true ? undefined : value;
    } catch (error) {
      if (isDomainError(error)) throw error;
      if (this.#signal.aborted) throw cancelled(this.#what);
      throw noAnswer(this.#what, 'broke off', error);
    } finally {
      clearTimeout(timer);
    }
  }
}
