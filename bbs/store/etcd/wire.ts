import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  credentials,
} from '@grpc/grpc-js';
import protobuf, { type Type } from 'protobufjs';
import { decodeAnswer, type TxnAnswer } from './txn.ts';

/*
 * The calls of etcd that carry much: transactions, ranges, and the watch. By the protocol's own description, as etcd3 ships it, but without etcd3: that copies each message into objects of other objects, with its numbers as text, before it
 * encodes them and after it decodes them, which took five times as long as reading the bytes (`docs/performance.md`). All other calls are its.
 */

/** A 64-bit number as it is decoded; sent, it is a number, or text where it may be beyond 2^53. */
type Long = { readonly toNumber: () => number };

/** Of either client: etcd3 tells 64-bit numbers as text. */
export function numberOf(value: Long | string): number {
  return typeof value === 'string' ? Number(value) : value.toNumber();
}

export const DELETED = 1;

export const SORT = { descend: 2, byKey: 0 } as const;

export interface WireRange {
  readonly key: Buffer;
  readonly range_end?: Buffer;
  readonly limit?: number;
  /** 0 or absent = the newest. */
  readonly revision?: number;
  readonly keys_only?: boolean;
  readonly sort_order?: typeof SORT.descend;
  readonly sort_target?: typeof SORT.byKey;
}

export interface WireRangeAnswer {
  readonly header: { readonly revision: Long };
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
}

export interface WireKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create_revision: Long;
  readonly mod_revision: Long;
}

export interface WireWatch {
  readonly create_request: {
    readonly key?: Buffer;
    readonly range_end?: Buffer;
    readonly start_revision: number;
    readonly progress_notify: boolean;
    readonly fragment: boolean;
  };
}

export interface WireWatchAnswer {
  readonly header: { readonly revision: Long };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: Long;
  readonly cancel_reason: string;
  readonly fragment: boolean;
  readonly events: readonly WireEvent[];
}

export interface WireEvent {
  readonly type: number;
  readonly kv: WireKeyValue;
}

const root = new protobuf.Root().loadSync(fileURLToPath(import.meta.resolve('etcd3/proto/rpc.proto')), {
  keepCase: true,
});
const type = (name: string): Type => root.lookupType(`etcdserverpb.${name}`);
const encoder =
  <T extends object>(of: Type) =>
  (message: T): Buffer =>
    // In Node it is made of buffers.
    of.encode(message).finish() as Buffer;
const decoder =
  <T>(of: Type) =>
  (bytes: Buffer): T =>
    of.decode(bytes) as unknown as T;

const asItIs = (bytes: Buffer): Buffer => bytes;
const encodeRange = encoder<WireRange>(type('RangeRequest'));
const decodeRangeAnswer = decoder<WireRangeAnswer>(type('RangeResponse'));
const encodeWatch = encoder<WireWatch>(type('WatchRequest'));
const decodeWatchAnswer = decoder<WireWatchAnswer>(type('WatchResponse'));

/** One connection to one member, for these calls. */
export class WireClient {
  readonly #client: Client;

  /** @param host `http://host:port` or `https://...`. */
  constructor(host: string, tls: ChannelCredentials | undefined, options: ClientOptions) {
    const plain = host.startsWith('https:') ? credentials.createSsl() : credentials.createInsecure();
    this.#client = new Client(host.replace(/^https?:\/\//, ''), tls ?? plain, options);
  }

  /** @param request as of `encodeGroup`. */
  txn(request: Buffer, deadlineMs: number): Promise<TxnAnswer> {
    return this.#unary('/etcdserverpb.KV/Txn', asItIs, decodeAnswer, request, deadlineMs);
  }

  range(request: WireRange, deadlineMs: number): Promise<WireRangeAnswer> {
    return this.#unary('/etcdserverpb.KV/Range', encodeRange, decodeRangeAnswer, request, deadlineMs);
  }

  watch(): ClientDuplexStream<WireWatch, WireWatchAnswer> {
    return this.#client.makeBidiStreamRequest('/etcdserverpb.Watch/Watch', encodeWatch, decodeWatchAnswer);
  }

  close(): void {
    this.#client.close();
  }

  /** Rejects as grpc-js does. */
  #unary<Request, Answer>(
    path: string,
    encode: (request: Request) => Buffer,
    decode: (bytes: Buffer) => Answer,
    request: Request,
    deadlineMs: number,
  ): Promise<Answer> {
    const deadline = Date.now() + deadlineMs;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, encode, decode, request, { deadline }, (error, answer) => {
        if (answer === undefined) reject(error ?? new Error('13 INTERNAL: no answer'));
        else resolve(answer);
      });
    });
  }
}
