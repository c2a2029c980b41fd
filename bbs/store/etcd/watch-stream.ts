import type { ClientDuplexStream } from '@grpc/grpc-js';
import { DomainError } from '../../../src/domain/errors.ts';
import type { Change, ChangeBatch } from '../store.ts';
import { connectWire, type EtcdTls } from './client.ts';
import { storeError } from './errors.ts';
import type { Keys } from './keys.ts';
import { DELETED, numberOf, type WireEvent, type WireWatch, type WireWatchAnswer } from './wire.ts';

/** How long a member may take from the connection to `created`. After that keepalive and `hasleader` stand guard. */
const CREATED_DEADLINE_MS = 5_000;

export interface WatchStreamOptions {
  readonly host: string;
  readonly tls: EtcdTls | undefined;
  readonly keys: Keys;
  readonly prefix: string;
  readonly afterRevision: number;
  readonly signal: AbortSignal;
}

/**
 * One watch stream, on a connection of its own: a reader that is slow then holds back only itself, by the flow control of its
 * stream, and nothing has to be kept for it here. Ends or throws with the stream; `Watch` opens the next one.
 */
export async function* watchStream(options: WatchStreamOptions): AsyncGenerator<ChangeBatch, void> {
  const { signal, keys } = options;
  const client = connectWire(options.host, options.tls);
  let stream: ClientDuplexStream<WireWatch, WireWatchAnswer> | undefined;
  const cancel = (): void => stream?.cancel();
  const tooLate = setTimeout(cancel, CREATED_DEADLINE_MS);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    stream = client.watch();
    // Faults come out of the iteration below; after it has been left, nobody wants them.
    stream.on('error', () => undefined);
    if (signal.aborted) return;
    stream.write({
      create_request: {
        ...keys.range(options.prefix),
        start_revision: options.afterRevision + 1,
        progress_notify: true,
        // A catch-up answer holds up to 1,000 revisions, each of them a whole group of commits: unsplit it can be over any limit.
        fragment: true,
      },
    });
    const assembly = new Assembly(keys, options.afterRevision);
    for await (const response of stream as AsyncIterable<WireWatchAnswer>) {
      clearTimeout(tooLate);
      if (response.canceled) throw cancelled(response);
      const batch = response.created ? undefined : assembly.add(response);
      if (batch) yield batch;
    }
  } finally {
    clearTimeout(tooLate);
    signal.removeEventListener('abort', cancel);
    cancel();
    client.close();
  }
}

function cancelled(response: WireWatchAnswer): DomainError {
  const reason = response.cancel_reason;
  if (numberOf(response.compact_revision) > 0 || reason.includes('compacted')) {
    return new DomainError('compacted', 'the store no longer keeps the changes asked for');
  }
  return storeError(new Error(`14 UNAVAILABLE: the watch was cancelled (${reason || 'no reason given'})`));
}

/**
 * Makes batches of whole revisions out of answers. **Only the revision of a delivered event counts as progress**: the header of an
 * answer carries the revision of the store, also while the events before it are still to come. The one exception is the
 * empty answer of `progress_notify`, which the server sends through the same queue, and only while the watch has caught up.
 */
class Assembly {
  readonly #keys: Keys;
  #delivered: number;
  /** Changes of a revision whose other half may be in the next fragment. */
  #held: Change[] = [];

  constructor(keys: Keys, delivered: number) {
    this.#keys = keys;
    this.#delivered = delivered;
  }

  add(response: WireWatchAnswer): ChangeBatch | undefined {
    if (response.events.length === 0) {
      const revision = numberOf(response.header.revision);
      return response.fragment || this.#held.length > 0 ? undefined : this.#deliver(revision, []);
    }
    const changes = [...this.#held, ...response.events.map((event) => this.#change(event))];
    const last = changes.at(-1)?.revision ?? 0;
    this.#held = response.fragment ? changes.filter((change) => change.revision === last) : [];
    const whole = response.fragment ? changes.filter((change) => change.revision < last) : changes;
    return this.#deliver(whole.at(-1)?.revision ?? 0, whole);
  }

  /** Nothing twice, should a member ever repeat itself. */
  #deliver(revision: number, changes: readonly Change[]): ChangeBatch | undefined {
    if (revision <= this.#delivered) return undefined;
    const fresh = changes.filter((change) => change.revision > this.#delivered);
    this.#delivered = revision;
    return { revision, changes: fresh };
  }

  #change(event: WireEvent): Change {
    return {
      key: this.#keys.decode(event.kv.key),
      revision: numberOf(event.kv.mod_revision),
      entry: event.type === DELETED ? undefined : this.#keys.entry(event.kv),
    };
  }
}
