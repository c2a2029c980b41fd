import type { Usage } from './bbs-parts.ts';

/** What a process that bbs-parts.ts forked says over the IPC channel: where it serves, what it uses when it is asked, and its end. */
export function speak(begun: { readonly address: string; readonly startMs: number }, stop: () => Promise<void>): void {
  process.send?.(begun);
  // Left alone by a driver that broke.
  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    if (message === 'stop') {
      void stop().then(() => process.disconnect());
      return;
    }
    // A settled memory is what counts: what the collector has not come to yet says nothing.
    if (message === 'settled usage') globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const usage: Usage = {
      cpuMs: (user + system) / 1_000,
      rssMb: rss / 2 ** 20,
      heapMb: (heapUsed + external) / 2 ** 20,
    };
    process.send?.(usage);
  });
}
