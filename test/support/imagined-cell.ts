import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import { startCell } from '../../cells/main.ts';
import type { Running } from '../../src/platform/group.ts';
import { FakeBbs } from './fake-bbs.ts';

/** A cell as it is, between a BBS and an engine that a test plays. */
export class ImaginedCell {
  bbs!: FakeBbs;
  runtime!: FakeRuntime;
  stateDir = '';
  readonly #cells: Running[] = [];

  /** New ones for each test of the file. */
  static each(options: { readonly missingImages?: readonly string[] } = {}): ImaginedCell {
    const on = new ImaginedCell();
    beforeEach(async () => {
      on.bbs = await FakeBbs.start();
      on.runtime = new FakeRuntime({ cellId: 'cell-1', ...options });
      on.stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
    });
    afterEach(async () => {
      await on.stop();
      await on.bbs.stop();
      await rm(on.stateDir, { recursive: true, force: true });
    });
    return on;
  }

  /** The cell, once it may have work. Stopped after the test. */
  async start(
    settings: Record<string, unknown> = {},
    { killOnStop = false, engine = {} }: Start = {},
  ): Promise<Running> {
    const config = cellConfig.parse({
      cellId: 'cell-1',
      bbs: [this.bbs.address],
      auctioneer: [this.bbs.address],
      stateDir: this.stateDir,
      preloaded: { box: 'gavel/busybox:latest' },
      memoryMb: 1_000,
      diskMb: 1_000,
      containers: 100,
      ...settings,
    });
    const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
    const runtime = lasting(this.runtime, engine);
    const cell = await startCell(config, { log, runtime, killOnStop, confirmStartMs: 300 });
    this.#cells.push(cell);
    await until(() => this.bbs.summary()?.closed === false);
    return cell;
  }

  /** Every cell that was started. */
  async stop(): Promise<void> {
    for (const cell of this.#cells.splice(0)) await cell.stop();
  }

  /** Whether the BBS has been told of its end. */
  completed(guid: string): boolean {
    return this.bbs.status(guid).state === 'COMPLETED';
  }

  /** Of tasks: one that is kept ready for the next is nobody's. */
  async containers(): Promise<number> {
    return (await this.runtime.listOwned()).filter(({ name }) => !name.startsWith('gavel-prepared-')).length;
  }

  /** In MB; NaN while the cell has not told yet what it was sent last. */
  get freeMemory(): number {
    return this.bbs.accounted ? Number(this.bbs.summary()?.free?.memory_mb) : Number.NaN;
  }

  get starts(): number {
    return [...this.runtime.starts.values()].reduce((a, b) => a + b, 0);
  }
}

interface Start {
  readonly killOnStop?: boolean;
  /** Calls of the engine that the test answers itself. */
  readonly engine?: Partial<ContainerRuntime>;
}

/** The engine outlives the cell, so that a second cell process can find what the first one left. */
export function lasting(runtime: FakeRuntime, over: Partial<ContainerRuntime> = {}): ContainerRuntime {
  const own: Partial<ContainerRuntime> = { close: async () => await Promise.resolve(), ...over };
  return new Proxy(runtime, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in own ? own : target, name, target);
      return typeof value === 'function' && !(name in own) ? (value.bind(target) as unknown) : value;
    },
  });
}

export async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 50_000, interval: 5 });
}
