import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BbsConfigInput } from '../../bbs/config.ts';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import type { Running } from '../../src/platform/group.ts';
import { startTestBbs, type TestBbs } from './bbs.ts';
import { engineSocket, IMAGE } from './engine.ts';

export interface TestSystem extends TestBbs {
  /** Adds a cell on the test engine. */
  addCell(cellId: string, over?: Record<string, unknown>): Promise<Running>;
}

/** The name of a test's cell on an engine that others may use too: a cell removes what carries its name and it does not know. */
export function cellName(cellId: string): string {
  return `${cellId}-${process.pid}`;
}

/** BBS, auctioneer and cells in this process, over real gRPC, on the test's container engine. */
export async function startSystem(
  over: { bbs?: Partial<BbsConfigInput>; cells?: Record<string, Record<string, unknown>> } = {},
): Promise<TestSystem> {
  const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
  const folder = mkdtempSync(join(tmpdir(), 'gavel-system-'));
  const bbs = await startTestBbs(over.bbs);
  const auctioneer = await startAuctioneer(auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.bbs.address] }), {
    log,
  });
  const cells: Running[] = [];
  const addCell = async (cellId: string, settings: Record<string, unknown> = {}) => {
    const config = cellConfig.parse({
      cellId: cellName(cellId),
      bbs: [bbs.bbs.address],
      auctioneer: [auctioneer.address],
      dockerHost: `unix://${engineSocket()}`,
      stacks: ['lucid64'],
      preloaded: { busybox: IMAGE },
      stateDir: join(folder, cellId),
      memoryMb: 1_024,
      diskMb: 10_240,
      network: 'none',
      ...settings,
    });
    const cell = await startCell(config, { log: log.child({ cell: cellId }), killOnStop: true });
    cells.push(cell);
    return cell;
  };
  for (const [cellId, settings] of Object.entries(over.cells ?? { 'cell-1': {} })) await addCell(cellId, settings);
  return {
    ...bbs,
    addCell,
    stop: async () => {
      for (const cell of cells) await cell.stop();
      await auctioneer.stop();
      await bbs.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
