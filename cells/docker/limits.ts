import { readFile } from 'node:fs/promises';
import type { HostConfig } from 'dockerode';
import type { ContainerLimits, LimitsChange } from '../executor/runtime.ts';

/** How the engine's storage counts a container's disk limit; undefined when it cannot limit at all. */
export type DiskQuota = 'own-data' | 'with-image' | undefined;

/**
 * - btrfs limits the subvolume, in which the image's files count too: the image's size has to be added.
 * - zfs, and overlay2 on xfs with project quotas, count only what the container wrote itself.
 */
export async function diskQuota(driver: string, backing: string, rootDir: string, local: boolean): Promise<DiskQuota> {
  if (driver === 'btrfs') return 'with-image';
  if (driver === 'zfs') return 'own-data';
  // The engine does not say whether project quotas are on; only its own machine's mount table does.
  if (driver === 'overlay2' && backing === 'xfs' && local) {
    const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
    return hasProjectQuota(mounts, rootDir) ? 'own-data' : undefined;
  }
  return undefined;
}

/** Looks at the mount that holds the folder: the longest mount point which is a parent of it. */
export function hasProjectQuota(mountinfo: string, folder: string): boolean {
  let best = { point: '', quota: false };
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const point = fields[4];
    if (point === undefined || point.length < best.point.length) continue;
    if (point !== '/' && folder !== point && !folder.startsWith(`${point}/`)) continue;
    best = { point, quota: /\b(prjquota|pquota)\b/.test(fields.at(-1) ?? '') };
  }
  return best.quota;
}

export function hostLimits(limits: ContainerLimits, quota: DiskQuota, imageBytes: number): HostConfig {
  const { memoryBytes, diskBytes, cpuShares, pids, nofile } = limits;
  const core = { Name: 'core', Soft: 0, Hard: 0 };
  return {
    // Memory and swap together are limited to the same number, so that there is no swap on top.
    ...(memoryBytes > 0 ? { Memory: memoryBytes, MemorySwap: memoryBytes } : {}),
    ...(cpuShares > 0 ? { CpuShares: cpuShares } : {}),
    ...(pids > 0 ? { PidsLimit: pids } : {}),
    // No core files: they would land in the container's disk, unasked.
    Ulimits: nofile > 0 ? [core, { Name: 'nofile', Soft: nofile, Hard: nofile }] : [core],
    ...(diskBytes > 0 && quota !== undefined
      ? { StorageOpt: { size: String(diskBytes + (quota === 'with-image' ? imageBytes : 0)) } }
      : {}),
  };
}

/**
 * Of the engine's update, where 0 means "leave it". It can raise a limit of memory and not take it away, so none is all that the
 * machine has.
 */
export function limitsUpdate(limits: LimitsChange, machineBytes: number): HostConfig {
  const { memoryBytes, cpuShares, pids } = limits;
  const bytes = memoryBytes === 0 ? machineBytes : memoryBytes;
  return {
    ...(bytes === undefined ? {} : { Memory: bytes, MemorySwap: bytes }),
    // 1,024 is what the kernel gives a group that asks for nothing.
    ...(cpuShares === undefined ? {} : { CpuShares: cpuShares || 1_024 }),
    ...(pids === undefined ? {} : { PidsLimit: pids || -1 }),
  };
}
