import { toJson } from '../../src/platform/json.ts';

export interface StreamOptions {
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** Ends the source; aborted when the reader goes away, stalls, or the server stops. */
  readonly ending: AbortController;
  /** Sent after each quiet time, so that a reader can tell silence from a dead connection. */
  readonly idle?: string;
  /** What a reader is told of a failure; undefined = nothing, the connection breaks off. */
  readonly failure: (error: unknown) => string | undefined;
  /** Closes the connection without the mark of a complete answer. */
  readonly breakOff: () => void;
  readonly idleMs?: number;
  readonly stallMs?: number;
}

const IDLE_MS = 15_000;
/** A reader that takes nothing for so long is gone or hopeless; it can come back and resume. */
const STALL_MS = 60_000;

/** An answer that is made as it is read: one chunk at a time, so that a slow reader costs a position and not a backlog. */
export function streamBody(options: StreamOptions): ReadableStream<Uint8Array> {
  const { ending, idle, failure, breakOff, idleMs = IDLE_MS, stallMs = STALL_MS } = options;
  const source = options.chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const bytes = (chunk: string | Uint8Array) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
  let next: Promise<IteratorResult<string | Uint8Array>> | undefined;
  let stalled: NodeJS.Timeout | undefined;
  let leave: (() => void) | undefined;
  ending.signal.addEventListener('abort', () => leave?.(), { once: true });
  const over = () => {
    clearTimeout(stalled);
    ending.abort();
    // Not awaited: a generator that waits answers only when its signal has ended the wait.
    source.return?.().catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        clearTimeout(stalled);
        const asked = (next ??= source.next());
        let timer: NodeJS.Timeout | undefined;
        try {
          // Not a race against one promise for all: that would keep a note of every message for as long as the stream lasts.
          const step = await new Promise<'aborted' | 'quiet' | Awaited<typeof asked>>((resolve, reject) => {
            leave = () => resolve('aborted');
            if (ending.signal.aborted) leave();
            if (idle !== undefined) timer = setTimeout(() => resolve('quiet'), idleMs);
            asked.then(resolve, reject);
          });
          if (step === 'quiet') return controller.enqueue(bytes(idle ?? ''));
          next = undefined;
          if (step !== 'aborted' && step.done !== true) {
            controller.enqueue(bytes(step.value));
            stalled = setTimeout(() => {
              over();
              breakOff();
            }, stallMs);
            return;
          }
          controller.close();
          over();
        } catch (error) {
          const told = failure(error);
          over();
          if (told === undefined) return breakOff();
          controller.enqueue(bytes(told));
          controller.close();
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: over,
    },
    // Nothing is made before it is read.
    { highWaterMark: 0 },
  );
}

/** The first chunk's failure before anything was answered, so that it becomes a status; a source that is quiet is answered at once. */
export async function opened(
  chunks: AsyncGenerator<string | Uint8Array>,
  patienceMs = 250,
): Promise<AsyncIterable<string | Uint8Array>> {
  const first = chunks.next();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  try {
    await Promise.race([first, patience]);
  } finally {
    clearTimeout(timer);
  }
  let begun = false;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        if (begun) return await chunks.next();
        begun = true;
        return await first;
      },
      return: async () => await chunks.return(undefined),
    }),
  };
}

export interface SseEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data?: unknown;
  readonly comment?: string;
}

/** One server-sent event. An `id` without data moves a client's Last-Event-ID on and fires nothing. */
export function sse({ event, id, data, comment }: SseEvent): string {
  const lines = [
    ...(comment === undefined ? [] : [`: ${comment}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    // JSON text has no line breaks of its own.
    ...(data === undefined ? [] : [`data: ${toJson(data)}`]),
  ];
  return `${lines.join('\n')}\n\n`;
}

export const SSE_IDLE = sse({ comment: 'heartbeat' });
