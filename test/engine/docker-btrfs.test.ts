import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  execShell,
  execToExit,
  NO_LIMITS,
  openTestRuntime,
  runToExit,
  shell,
  startIdle,
} from '../support/engine.ts';
import { OwnEngine, sh } from '../support/own-engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MB = 2 ** 20;

/** A btrfs in a file: the one storage driver with quotas that any machine can have. @returns why this one cannot; empty = it can. */
function mountBtrfs(folder: string): string {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    sh(`cd ${folder}; truncate -s 1G fs; mkfs.btrfs -q fs; mkdir data; mount -o loop,noatime fs data`);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const engine = await OwnEngine.make({ storageDriver: 'btrfs' });
const missing = mountBtrfs(engine.folder);
if (missing !== '') console.warn(`skipped: no btrfs can be mounted here: ${missing}`);

describe.skipIf(missing !== '')('on a storage driver with quotas', () => {
  let runtime: ContainerRuntime;
  beforeAll(async () => {
    await engine.start();
    runtime = await openTestRuntime({ socketPath: engine.socketPath });
  });
  afterAll(async () => {
    await closeTestRuntime(runtime).catch(() => undefined);
  });
  const limits = { ...NO_LIMITS, diskBytes: 16 * MB };
  const dd = (megabytes: number): string => `dd if=/dev/zero of=/f bs=1M count=${megabytes} conv=fsync`;

  it('the engine is known to have them', async () => {
    expect(await runtime.info()).toMatchObject({ storageDriver: 'btrfs', diskLimit: 'quota' });
  });

  it('a container gets its disk, and no more; the image does not count', async () => {
    const fits = await runToExit(runtime, shell(dd(12), { limits }));
    expect([fits.exit.exitCode, fits.stderr.toString()]).toEqual([0, expect.stringMatching(/12\+0 records out/)]);
    const tooMuch = await runToExit(runtime, shell(dd(64), { limits }));
    expect(tooMuch.exit.exitCode).not.toBe(0);
    expect(tooMuch.stderr.toString()).toMatch(/Disk quota exceeded/);
  });

  it('a step in a container that idles, likewise; and files that are written into it', async () => {
    const id = await startIdle(runtime, { limits });
    const step = await execToExit(runtime, id, execShell(`${dd(64)}; rm -f /f; sync; echo still here`));
    expect(step.stderr.toString()).toMatch(/Disk quota exceeded/);
    expect(step.stdout.toString()).toBe('still here\n');
    const entries = [{ name: 'big', kind: 'file', content: Buffer.alloc(64 * MB) } as const];
    const writing = runtime.writeFiles(id, '/tmp', { entries }, { signal: AbortSignal.timeout(30_000) });
    await expect(writing).rejects.toMatchObject({ code: 'too_large', message: /disk quota exceeded/i });
    await runtime.remove(id);
  });

  it('what it wrote is told', async () => {
    const id = await startIdle(runtime, { limits });
    const before = await runtime.diskUsage(id);
    await execToExit(runtime, id, execShell(dd(8)));
    expect((await runtime.diskUsage(id)) - before).toBeGreaterThanOrEqual(8 * MB);
    expect((await runtime.diskUsage(id)) - before).toBeLessThan(9 * MB);
    await runtime.remove(id);
  });
});

afterAll(async () => {
  await engine.stop();
});
