import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../src/domain/errors.ts';
import type { ContainerRuntime } from './executor/runtime.ts';

const EVERY_MS = 60_000;

export interface ImageSweepDeps {
  readonly runtime: ContainerRuntime;
  readonly budgetBytes: number;
  /** Names of images that stay, whatever they take. */
  readonly keep: readonly string[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Keeps the images that the cell pulled within their budget, now and then on, until the signal. Never rejects. */
export async function sweepImages({ runtime, budgetBytes, keep, log, signal }: ImageSweepDeps): Promise<void> {
  while (!signal.aborted) {
    try {
      const { removed, freedBytes, keptBytes } = await runtime.removeUnusedImages(budgetBytes, keep);
      if (removed.length > 0) log.info({ removed, freedBytes, keptBytes }, 'images.removed');
    } catch (error) {
      // The next round is a minute away.
      log.warn({ error: errorText(error) }, 'images.sweep-failed');
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
