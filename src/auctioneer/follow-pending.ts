import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText, isDomainError } from '../domain/errors.ts';
import type { PendingEvent__Output } from '../rpc/gen/gavel/v1/PendingEvent.ts';
import type { Client } from '../rpc/types.ts';

const PAUSE_FIRST_MS = 50;
const PAUSE_MOST_MS = 2_000;

export interface FollowOptions {
  readonly placement: Pick<Client<'PlacementService'>, 'WatchPending'>;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onEvent: (event: PendingEvent__Output) => void;
}

/** Follows what waits, over breaks and changes of server, until the signal aborts. Goes on behind the last cursor where the server can. */
export async function followPending({ placement, signal, log, onEvent }: FollowOptions): Promise<void> {
  let cursor = '';
  let listing = false;
  let pause = PAUSE_FIRST_MS;
  while (!signal.aborted) {
    try {
      for await (const { events } of placement.WatchPending({ cursor }, { signal })) {
        pause = PAUSE_FIRST_MS;
        for (const event of events) {
          onEvent(event);
          if (event.event === 'reset') listing = true;
          if (event.event === 'synced') listing = false;
          // A cursor from within a list would skip the rest of that list.
          if (listing) cursor = '';
          else if (event.cursor !== '') cursor = event.cursor;
        }
      }
      log.info('pending.stream-ended');
    } catch (error) {
      if (signal.aborted) return;
      if (isDomainError(error, 'compacted')) cursor = '';
      log.warn({ error: errorText(error), pauseMs: pause }, 'pending.stream-failed');
    }
    // The pause ends early only by the signal, which ends the loop.
    await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    pause = Math.min(pause * 2, PAUSE_MOST_MS);
  }
}
