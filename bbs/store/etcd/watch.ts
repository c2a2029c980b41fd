import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isDomainError } from '../../../src/domain/errors.ts';
import type { ChangeBatch } from '../store.ts';
import type { EtcdAddress } from './client.ts';
import { storeError } from './errors.ts';
import type { Keys } from './keys.ts';
import { watchStream } from './watch-stream.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface WatchOptions {
  readonly address: EtcdAddress;
  readonly keys: Keys;
  readonly prefix: string;
  readonly afterRevision: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * A watch that outlives its connections: each new stream begins right behind the last revision that was handed to the reader.
 * Goes from member to member with growing pauses for as long as none answers; ends when `signal` aborts.
 * @throws DomainError `compacted`
 */
export async function* watchEtcd(options: WatchOptions): AsyncGenerator<ChangeBatch, void> {
  const { address, signal, log, prefix } = options;
  const hosts = address.hosts;
  let delivered = options.afterRevision;
  let pause = FIRST_PAUSE_MS;
  let at = Math.floor(Math.random() * hosts.length);
  while (!signal.aborted) {
    const host = hosts[at++ % hosts.length] ?? '';
    try {
      const stream = { host, tls: address.tls, keys: options.keys, prefix, afterRevision: delivered, signal };
      for await (const batch of watchStream(stream)) {
        delivered = batch.revision;
        pause = FIRST_PAUSE_MS;
        yield batch;
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const fault = storeError(error);
      if (isDomainError(fault, 'compacted') || isDomainError(fault, 'internal')) throw fault;
      log.warn({ err: fault, host, prefix, delivered }, 'store.watch-interrupted');
    }
    // Jitter, so that the watches of a whole fleet do not come back to a restarted store in one moment. The reader's abort cuts it short.
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
