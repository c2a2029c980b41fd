import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CgroupParents } from '../../cells/docker/cgroup-parents.ts';
import * as cgroups from '../../cells/docker/cgroups.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  engineCall,
  engineGet,
  execShell,
  execToExit,
  NO_LIMITS,
  openTestRuntime,
  runToExit,
  shell,
  startIdle,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MB = 2 ** 20;

let runtime: ContainerRuntime;
beforeAll(async () => {
  runtime = await openTestRuntime();
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const run = async (id: string, script: string): Promise<void> => await runIn(runtime, id, script);
const runIn = async (runtime: ContainerRuntime, id: string, script: string): Promise<void> => {
  expect((await execToExit(runtime, id, execShell(script))).exit.exitCode).toBe(0);
};

interface Inspected {
  readonly HostConfig: { readonly CgroupParent: string };
}
const record = async (id: string): Promise<Inspected> => (await engineGet(`/containers/${id}/json`)) as Inspected;
const parentOf = ({ HostConfig: host }: Inspected): string => host.CgroupParent;

describe('usage', () => {
  it.each([
    ['by the files of this machine', true],
    ['by the engine, where a cell sees none of them', false],
  ])('of CPU, memory and disk is measured %s', async (_name, seen) => {
    if (!seen) {
      vi.spyOn(cgroups, 'findCgroup').mockImplementation(async () => await Promise.resolve(undefined));
      vi.spyOn(CgroupParents, 'open').mockResolvedValue(undefined);
    }
    const runtime = await openTestRuntime();
    const id = await startIdle(runtime, { limits: { ...NO_LIMITS, memoryBytes: 256 * MB } });
    const before = await runtime.usage(id);
    await runIn(
      runtime,
      id,
      'timeout 2 sh -c "while :; do :; done"; dd if=/dev/zero of=/dev/null bs=64M count=1; dd if=/dev/zero of=/f bs=1M count=10 conv=fsync',
    );
    const after = await runtime.usage(id);
    const cpuMs = Number((after.cpuNanoseconds ?? 0n) - (before.cpuNanoseconds ?? 0n)) / 1e6;
    expect(cpuMs).toBeGreaterThan(100);
    expect(cpuMs).toBeLessThan(3_000);
    // cgroup v2 has no peak that the engine would tell.
    const peakTold = seen || (await runtime.info()).cgroupVersion === 1;
    expect((after.peakMemoryBytes ?? 0) > 64 * MB).toBe(peakTold);
    expect(after.diskBytes).toBeGreaterThanOrEqual(10 * MB);
    expect(after.diskBytes).toBeLessThan(11 * MB);
    await closeTestRuntime(runtime);
  });

  it('can be asked for when the process is over, of a short one too', async () => {
    const { usageAfterExit } = await runtime.info();
    // An engine that has systemd name its groups keeps none of ours.
    const { CgroupDriver: driver } = (await engineGet('/info')) as { CgroupDriver: string };
    expect(usageAfterExit).toBe(process.getuid?.() === 0 && driver === 'cgroupfs');
    if (!usageAfterExit) return;
    const limits = { ...NO_LIMITS, memoryBytes: 256 * MB };
    const { id } = await runToExit(runtime, shell('dd if=/dev/zero of=/dev/null bs=64M count=4', { limits }));
    const { cpuNanoseconds, peakMemoryBytes } = await runtime.usage(id);
    expect(Number(cpuNanoseconds) / 1e6).toBeGreaterThan(10);
    expect(Number(cpuNanoseconds) / 1e6).toBeLessThan(5_000);
    expect(peakMemoryBytes).toBeGreaterThan(64 * MB);
    expect(peakMemoryBytes).toBeLessThan(100 * MB);
    await runtime.remove(id);
  });

  it('leaves no control group behind, also of containers that went while the cell was away', async () => {
    const cellId = `usage-${randomUUID()}`;
    const first = await openTestRuntime({ cellId });
    const { usageAfterExit, cgroupVersion } = await first.info();
    if (!usageAfterExit) return await first.close();
    const hierarchy = `/sys/fs/cgroup${cgroupVersion === 2 ? '' : '/memory'}`;
    const [kept, lost] = [await startIdle(first), await startIdle(first)];
    const folder = parentOf(await record(kept));
    await first.close();
    await engineCall('DELETE', `/containers/${lost}?force=1`);
    const second = await openTestRuntime({ cellId });
    expect(readdirSync(`${hierarchy}${dirname(folder)}`).filter((name) => /-/.test(name))).toEqual([basename(folder)]);
    expect((await second.usage(kept)).cpuNanoseconds).toBeGreaterThan(0n);
    await closeTestRuntime(second);
    expect(existsSync(`${hierarchy}${dirname(folder)}`)).toBe(false);
  });

  it('counts two busy containers by their shares, 25 to 75', async () => {
    const shares = [256, 768];
    const ids = await Promise.all(
      // The second one gets its shares later.
      shares.map(async (cpuShares, at) => {
        const id = await startIdle(runtime, { limits: { ...NO_LIMITS, cpuShares: at === 0 ? cpuShares : 0 } });
        if (at > 0) await runtime.update(id, { cpuShares });
        // Both on one CPU: over several, the kernel divides shares only roughly while others use them too.
        await engineCall('POST', `/containers/${id}/update`, { body: { CpusetCpus: '0' } });
        return id;
      }),
    );
    const burn = 'for i in 1 2; do timeout 60 sh -c "while :; do :; done" & done; wait';
    const execs = await Promise.all(ids.map(async (id) => await runtime.exec(id, execShell(burn))));
    for (const { output } of execs) output.close();
    await new Promise((done) => setTimeout(done, 1_000));
    const measure = async (): Promise<number[]> =>
      await Promise.all(ids.map(async (id) => Number((await runtime.usage(id)).cpuNanoseconds ?? 0n)));
    const before = await measure();
    await new Promise((done) => setTimeout(done, 4_000));
    const after = await measure();
    // 3; equal shares would give 1.
    const [small = 0, large = 0] = after.map((each, at) => each - (before[at] ?? 0));
    expect(large / small).toBeGreaterThan(2);
    expect(large / small).toBeLessThan(4.5);
    for (const id of ids) await runtime.remove(id);
  });
});

describe('diskUsage', () => {
  it('counts blocks, not lengths, and what is deleted no more', async () => {
    const id = await startIdle(runtime);
    const empty = await runtime.diskUsage(id);
    expect(empty).toBeLessThan(MB);
    await run(id, 'truncate -s 5G /sparse; dd if=/dev/zero of=/full bs=1M count=20 conv=fsync; ln /full /full-too');
    const full = await runtime.diskUsage(id);
    expect(full - empty).toBeGreaterThanOrEqual(20 * MB);
    expect(full - empty).toBeLessThan(21 * MB);
    await run(id, 'rm /full /full-too');
    expect((await runtime.diskUsage(id)) - empty).toBeLessThan(MB);
    await runtime.remove(id);
  });

  it('of what is gone is not_found', async () => {
    await expect(runtime.diskUsage('nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(runtime.usage('nobody')).rejects.toMatchObject({ code: 'not_found' });
  });
});
