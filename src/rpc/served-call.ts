import { randomUUID } from 'node:crypto';
import type * as grpc from '@grpc/grpc-js';
import { DomainError, type ErrorCode } from '../domain/errors.ts';
import { parseTraceparent, TRACEPARENT_KEY } from '../platform/trace.ts';
import type { StreamedCall__Output } from './gen/gavel/v1/StreamedCall.ts';
import { type Authority, type Identity, NOBODY } from './identity.ts';
import { AUTHORIZATION_KEY, type CallContext, REQUEST_ID_KEY } from './types.ts';

export type AnyServerCall = grpc.ServerUnaryCall<unknown, unknown> &
  grpc.ServerReadableStream<unknown, unknown> &
  grpc.ServerWritableStream<unknown, unknown>;

const EXPIRED = 'the token has expired; go on with a new one';
/** What a timer can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Served extends CallContext {
  /** The caller's span. */
  readonly traceparent: string | undefined;
  /** Whether the caller gave the call its id, to find it again. */
  readonly traced: boolean;
  /** Finds out who calls; until then it is nobody. @throws DomainError `unauthenticated`. */
  identified?(): Promise<void>;
}

/**
 * What a handler knows of its call, made when it asks. grpc-js tells of a cancellation at the end of every call, also of one that
 * was answered; most unary calls never look at their signal, and an abort with its reason costs more than reading their request.
 */
export class ServedCall implements Served {
  identity: Identity = NOBODY;
  readonly #call: AnyServerCall;
  readonly #authority: Authority;
  #ending: AbortController | undefined;
  #reason: { readonly code: ErrorCode; readonly message: string } | undefined;
  #requestId: string | undefined;

  constructor(call: AnyServerCall, authority: Authority) {
    this.#call = call;
    this.#authority = authority;
    call.on('cancelled', () => this.end('cancelled', 'the caller hung up'));
    // An error on a call's stream is told by the handler's own reads and writes; without a listener it would end the process.
    call.on('error', () => this.end('cancelled', 'the connection broke'));
  }

  async identified(): Promise<void> {
    const authorization = this.#call.metadata.get(AUTHORIZATION_KEY)[0];
    this.identity = await this.#authority.identify({
      certificate: () => this.#call.getAuthContext().sslPeerCertificate,
      authorization: typeof authorization === 'string' ? authorization : undefined,
    });
  }

  /** A stream lasts no longer than the proof of who reads it. @returns to be called at its end. */
  endWithProof(): () => void {
    const { expiresAtMs } = this.identity;
    if (expiresAtMs === 0) return () => {};
    const left = Math.max(0, expiresAtMs - Date.now());
    const timer = setTimeout(() => this.end('unauthenticated', EXPIRED), Math.min(left, LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  }

  get signal(): AbortSignal {
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      this.#abort();
    }
    return this.#ending.signal;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get requestId(): string {
    this.#requestId ??= this.#given() ?? randomUUID();
    return this.#requestId;
  }

  get traceparent(): string | undefined {
    return parseTraceparent(this.#call.metadata.get(TRACEPARENT_KEY)[0]);
  }

  get traced(): boolean {
    return this.#given() !== undefined;
  }

  #given(): string | undefined {
    const given = this.#call.metadata.get(REQUEST_ID_KEY)[0];
    return typeof given === 'string' && given !== '' ? given.slice(0, 100) : undefined;
  }

  end(code: ErrorCode, message: string): void {
    this.#reason ??= { code, message };
    this.#abort();
  }

  #abort(): void {
    if (this.#ending === undefined || this.#reason === undefined || this.#ending.signal.aborted) return;
    this.#ending.abort(new DomainError(this.#reason.code, this.#reason.message));
  }
}

/** A call that came as a message: by the caller of its stream, for as long as that is there. */
export class CallOfStream implements Served {
  readonly #call: StreamedCall__Output;
  readonly #stream: CallContext;
  #requestId: string | undefined;

  constructor(call: StreamedCall__Output, stream: CallContext) {
    this.#call = call;
    this.#stream = stream;
  }

  get identity(): Identity {
    return this.#stream.identity;
  }

  get signal(): AbortSignal {
    return this.#stream.signal;
  }

  get peer(): string {
    return this.#stream.peer;
  }

  get requestId(): string {
    this.#requestId ??= this.traced ? this.#call.request_id.slice(0, 100) : randomUUID();
    return this.#requestId;
  }

  get traceparent(): string | undefined {
    return parseTraceparent(this.#call.traceparent);
  }

  get traced(): boolean {
    return this.#call.request_id !== '';
  }
}
