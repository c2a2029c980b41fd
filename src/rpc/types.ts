import type * as grpc from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import type { MethodName, ServiceName, Services } from './descriptors.ts';
import type { Encoded } from './encoded.ts';
import type { Identity } from './identity.ts';

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborts when the caller hangs up, its deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  readonly identity: Identity;
  readonly peer: string;
  /** Follows a request through all roles. */
  readonly requestId: string;
}

type ServerMethod<H> =
  H extends grpc.handleUnaryCall<infer Q, infer R>
    ? (request: Q, context: CallContext) => Promise<R | Encoded>
    : H extends grpc.handleServerStreamingCall<infer Q, infer R>
      ? (request: Q, context: CallContext) => AsyncIterable<R | Encoded>
      : H extends grpc.handleClientStreamingCall<infer Q, infer R>
        ? (requests: AsyncIterable<Q>, context: CallContext) => Promise<R>
        : H extends grpc.handleBidiStreamingCall<infer Q, infer R>
          ? (requests: AsyncIterable<Q>, context: CallContext) => AsyncIterable<R>
          : never;

/** The method of a service by which its unary methods are called as messages; server and channel know it, handlers and callers need not. */
export const STREAMED = 'Calls';

/** A service as promises and async iterables: a method that is missing does not compile. */
export type Handlers<S extends ServiceName> = {
  readonly [M in Exclude<MethodName<S>, typeof STREAMED>]: ServerMethod<Services[S]['handlers'][M]>;
};

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whole time for a unary call with its repeats; default 15 s. Streams have none unless set. */
  readonly timeoutMs?: number;
  /** Repeat while the servers are unavailable, until the time is over. Only for calls that are safe to repeat. */
  readonly retry?: boolean;
  readonly requestId?: string;
}

type ClientMethod<H, D> =
  D extends MethodDefinition<infer Q, infer _R, infer _QO, infer RO>
    ? H extends grpc.handleUnaryCall<infer _A, infer _B>
      ? (request: Q, options?: CallOptions) => Promise<RO>
      : H extends grpc.handleServerStreamingCall<infer _A, infer _B>
        ? (request: Q, options?: CallOptions) => AsyncIterable<RO>
        : H extends grpc.handleClientStreamingCall<infer _A, infer _B>
          ? (requests: AsyncIterable<Q>, options?: CallOptions) => Promise<RO>
          : H extends grpc.handleBidiStreamingCall<infer _A, infer _B>
            ? (requests: AsyncIterable<Q>, options?: CallOptions) => AsyncIterable<RO>
            : never
    : never;

export type Client<S extends ServiceName> = {
  readonly [M in Exclude<MethodName<S>, typeof STREAMED>]: ClientMethod<
    Services[S]['handlers'][M],
    Services[S]['definition'][M]
  >;
};

export const REQUEST_ID_KEY = 'gavel-request-id';
export const AUTHORIZATION_KEY = 'authorization';

/** One message of the wire: a task with a large definition, or a page of a list. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** What a streamed call or answer has beside its bytes, an error's message included. */
export const STREAMED_HEAD_BYTES = 16 * 1024;
