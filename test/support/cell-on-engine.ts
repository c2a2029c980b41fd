import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import { IMAGE } from './engine.ts';
import { FakeBbs } from './fake-bbs.ts';
import type { OwnEngine } from './own-engine.ts';

export interface CellOnEngine {
  readonly bbs: FakeBbs;
  readonly stateDir: string;
  stop(): Promise<void>;
}

/** A cell on an engine of the test's own, with a BBS that the test plays; it may have work. */
export async function cellOnEngine(engine: OwnEngine, settings: Record<string, unknown> = {}): Promise<CellOnEngine> {
  const bbs = await FakeBbs.start();
  const stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
  const config = cellConfig.parse({
    cellId: 'cell-1',
    bbs: [bbs.address],
    auctioneer: [bbs.address],
    stateDir,
    dockerHost: `unix://${engine.socketPath}`,
    preloaded: { box: IMAGE },
    network: 'none',
    memoryMb: 1_000,
    diskMb: 1_000,
    preparedContainers: 0,
    ...settings,
  });
  const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
  const cell = await startCell(config, { log, killOnStop: true });
  await untilOnEngine(() => bbs.summary()?.closed === false);
  return {
    bbs,
    stateDir,
    stop: async () => {
      await cell.stop();
      await bbs.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** An engine that was killed or is full takes its time. */
export async function untilOnEngine(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 80_000, interval: 20 });
}
