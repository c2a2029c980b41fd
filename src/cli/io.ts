import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** SIGHUP: the terminal is gone. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The world as a command sees it, so that tests can be one. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupts: Interrupts;
}

/** Writes no faster than the reader reads. A reader that is gone rejects with EPIPE. */
export async function put(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

/** Ctrl-C and SIGTERM, given to whoever took charge of them last. */
export class Interrupts {
  readonly #handlers: ((signal: StopSignal) => void)[] = [];
  /** The last one that came. */
  last: StopSignal | undefined;

  /** @returns false when nobody is in charge. */
  raise(signal: StopSignal): boolean {
    this.last = signal;
    const handler = this.#handlers.at(-1);
    handler?.(signal);
    return handler !== undefined;
  }

  /** Takes charge, until the returned function is called. */
  take(handler: (signal: StopSignal) => void): () => void {
    this.#handlers.push(handler);
    return () => {
      const index = this.#handlers.indexOf(handler);
      if (index >= 0) this.#handlers.splice(index, 1);
    };
  }
}
