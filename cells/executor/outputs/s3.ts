import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
import { DomainError, errorText, isDomainError } from '../../../src/domain/errors.ts';
import { forget } from '../files.ts';
import type { Archives, SealedFile } from './archives.ts';

export interface S3Options {
  /** `https://s3.example:9000`; the bucket becomes part of the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every key; empty, or ending with a slash. */
  readonly prefix: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Without a byte for this long a request is broken; default 30 s. */
  readonly idleMs?: number;
  /** Pauses before each try after the first. */
  readonly pausesMs?: readonly number[];
}

const IDLE_MS = 30_000;
const PAUSES_MS = [500, 2_000];
/** Of one request; an archive is a few GiB at most. */
const TOTAL_MS = 600_000;
const MANIFEST_MAX_BYTES = 64 * 2 ** 20;
const ERROR_MAX_BYTES = 64 * 2 ** 10;
const NO_BYTES = createHash('sha256').digest('hex');

interface S3Request {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  readonly range?: string;
  readonly body?: { readonly bytes: number; readonly sha256: string; readonly open: () => Readable };
}

/**
 * In a bucket of an S3-compatible store, which several cells may share. One request puts an archive there: at most 5 GiB, as S3 has it.
 * What is old is not removed from here; that is for a lifecycle rule of the bucket.
 */
export class S3Archives implements Archives {
  readonly #options: S3Options;
  readonly #endpoint: URL;

  constructor(options: S3Options) {
    this.#options = options;
    this.#endpoint = new URL(options.endpoint);
  }

  /** @throws DomainError `permission_denied` when the store refuses us or has no such bucket, `unavailable` when it does not answer. */
  async check(signal: AbortSignal): Promise<void> {
    const answer = await this.#send({ method: 'GET', key: 'no-such-archive.json' }, signal, { missing: true });
    answer?.destroy();
  }

  async manifest(name: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#send({ method: 'GET', key: `${name}.json` }, signal, { missing: true });
    return answer === undefined ? undefined : (await bytesOf(answer, MANIFEST_MAX_BYTES)).toString('utf8');
  }

  async keep(name: string, { path, bytes, sha256 }: SealedFile, manifest: string, signal: AbortSignal): Promise<void> {
    const open = (): Readable => createReadStream(path);
    await this.#put(`${name}.zip`, { bytes, sha256, open }, signal);
    const text = Buffer.from(manifest);
    const digest = createHash('sha256').update(text).digest('hex');
    const body = { bytes: text.length, sha256: digest, open: () => Readable.from([text]) };
    await this.#put(`${name}.json`, body, signal);
    await forget(path);
  }

  async *read(name: string, start: number, end?: number): AsyncGenerator<Buffer> {
    const range = `bytes=${start}-${end ?? ''}`;
    const over = new AbortController();
    const answer = await this.#send({ method: 'GET', key: `${name}.zip`, range }, over.signal);
    try {
      if (answer.statusCode !== 206) throw new DomainError('internal', 'the S3 store does not answer with a range');
      yield* answer as AsyncIterable<Buffer>;
    } catch (error) {
      throw isDomainError(error) ? error : unreachable(error);
    } finally {
      over.abort();
      answer.destroy();
    }
  }

  async prune(): Promise<void> {
    // The bucket's own rule does that.
  }

  async #put(key: string, body: NonNullable<S3Request['body']>, signal: AbortSignal): Promise<void> {
    const answer = await this.#send({ method: 'PUT', key, body }, signal);
    answer.resume();
  }

  async #send(what: S3Request, signal: AbortSignal, options: { missing: true }): Promise<IncomingMessage | undefined>;
  async #send(what: S3Request, signal: AbortSignal): Promise<IncomingMessage>;
  async #send(what: S3Request, signal: AbortSignal, { missing = false } = {}): Promise<IncomingMessage | undefined> {
    const pauses = this.#options.pausesMs ?? PAUSES_MS;
    for (let trial = 0; ; trial += 1) {
      try {
        return await this.#once(what, AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]), missing);
      } catch (error) {
        signal.throwIfAborted();
        const pause = pauses[trial];
        if (pause === undefined || !isDomainError(error, 'unavailable')) throw error;
        await sleep(pause, undefined, { signal });
      }
    }
  }

  /** One try. Undefined: there is no such object, and that is no error. */
  async #once(what: S3Request, signal: AbortSignal, missing: boolean): Promise<IncomingMessage | undefined> {
    const answer = await this.#request(what, signal).catch((error: unknown) => {
      throw unreachable(error);
    });
    const { statusCode: status = 0 } = answer;
    if (status >= 200 && status < 300) return answer;
    const text = await bytesOf(answer, ERROR_MAX_BYTES).then(String, () => '');
    const word = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? '';
    // Whoever may not list a bucket is told 403 for what is not there; that is told from a refusal by nothing, so it is one.
    const said = `the S3 store answered ${status}${word === '' ? '' : ` ${word}`} for ${what.key}`;
    if (status === 404 && word !== 'NoSuchBucket') {
      if (missing) return undefined;
      throw new DomainError('not_found', said);
    }
    const passing = status >= 500 || status === 429 || status === 408;
    throw new DomainError(passing ? 'unavailable' : 'permission_denied', said);
  }

  async #request({ method, key, range, body }: S3Request, signal: AbortSignal): Promise<IncomingMessage> {
    const { region, bucket, prefix, credentials, idleMs = IDLE_MS } = this.#options;
    const { host, protocol } = this.#endpoint;
    const headers = {
      'x-amz-content-sha256': body?.sha256 ?? NO_BYTES,
      ...(range === undefined ? {} : { range }),
      ...(body === undefined ? {} : { 'content-length': body.bytes }),
    };
    const path = `/${bucket}/${prefix}${key}`;
    const signed = aws4.sign({ service: 's3', region, host, method, path, headers }, credentials);
    const request = protocol === 'https:' ? httpsRequest : httpRequest;
    return await new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const call = request(new URL(path, this.#endpoint), { method, headers: signed.headers, signal }, (begun) => {
        answer = begun;
        resolve(begun);
      });
      call.setTimeout(idleMs, () => {
        (answer ?? call).destroy(new Error(`nothing came for ${idleMs} ms`));
      });
      call.on('error', reject);
      if (body === undefined) call.end();
      else pipeline(body.open(), call).catch(reject);
    });
  }
}

function unreachable(error: unknown): DomainError {
  return new DomainError('unavailable', `the S3 store: ${errorText(error)}`, { cause: error });
}

async function bytesOf(answer: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > most) throw new DomainError('internal', `the S3 store answers with more than ${most} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    throw isDomainError(error) ? error : unreachable(error);
  }
  return Buffer.concat(pieces);
}
