import type * as grpc from '@grpc/grpc-js';
import { DomainError } from '../domain/errors.ts';
import type { StreamedAnswer } from './gen/gavel/v1/StreamedAnswer.ts';
import type { StreamedCall__Output } from './gen/gavel/v1/StreamedCall.ts';
import { toAnswer } from './status.ts';
import { type CallContext, MAX_MESSAGE_BYTES, STREAMED_HEAD_BYTES } from './types.ts';

/** A caller that asks for more at a time waits, by the flow control of its stream: one cell has a call or two under way. */
const AT_ONCE = 64;

export interface StreamedMethod {
  /** From the request's bytes to the answer's. */
  answer(request: Buffer, call: StreamedCall__Output, stream: CallContext): Promise<Buffer>;
}

/**
 * Serves the calls that come over one stream, side by side, until the caller has no more. When the stream is to end (its signal), those under way are
 * answered first.
 */
export function serveCalls(
  calls: grpc.ServerDuplexStream<StreamedCall__Output, StreamedAnswer>,
  methods: ReadonlyMap<string, StreamedMethod>,
  stream: CallContext,
): Promise<void> {
  const { signal } = stream;
  return new Promise((resolve, reject) => {
    let underWay = 0;
    let full = false;
    let asked = false;
    const flow = (): void => {
      if (full || underWay >= AT_ONCE || signal.aborted) calls.pause();
      else calls.resume();
    };
    const settle = (): void => {
      if (underWay > 0) return;
      if (signal.aborted) reject(signal.reason as Error);
      else if (asked) resolve();
    };
    calls.on('data', (call: StreamedCall__Output) => {
      underWay += 1;
      if (underWay === AT_ONCE) flow();
      void answerOf(call, methods, stream).then((answer) => {
        underWay -= 1;
        if (!calls.cancelled && !calls.write(answer)) full = true;
        if (full || underWay === AT_ONCE - 1) flow();
        if (asked || signal.aborted) settle();
      });
    });
    calls.on('drain', () => {
      full = false;
      flow();
    });
    calls.on('end', () => {
      asked = true;
      settle();
    });
    const ended = (): void => {
      flow();
      settle();
    };
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
  });
}

/** Never rejects. */
async function answerOf(
  call: StreamedCall__Output,
  methods: ReadonlyMap<string, StreamedMethod>,
  stream: CallContext,
): Promise<StreamedAnswer> {
  const { id, method, request } = call;
  try {
    const served = methods.get(method);
    if (served === undefined) throw new DomainError('unimplemented', `there is no unary method ${method}`);
    const answer = await served.answer(request, call, stream);
    // It must not end the stream of all the others.
    if (answer.length > MAX_MESSAGE_BYTES - STREAMED_HEAD_BYTES)
      throw new DomainError('too_large', `the answer of ${method} is over 8 MiB`);
    return { id, answer };
  } catch (error) {
    return { id, ...toAnswer(error) };
  }
}
