import { type Needs, needsOf, type Offer, type Resources } from '../auction/needs.ts';
import type { CellOffer__Output } from '../rpc/gen/gavel/v1/CellOffer.ts';
import type { PendingTask__Output } from '../rpc/gen/gavel/v1/PendingTask.ts';
import type { Resources__Output } from '../rpc/gen/gavel/v1/Resources.ts';

/** A pending task as it came over the wire, reduced to what placement needs. */
export interface PendingTask {
  readonly guid: string;
  readonly uid: string;
  readonly domain: string;
  readonly needs: Needs;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly cpuWeight: number;
  /** For the order among tasks; microseconds lost to rounding do not matter there. */
  readonly createdAt: number;
  readonly waitingFor: string;
  /** UNIX milliseconds; 0 = at once. */
  readonly notBeforeMs: number;
}

export function pendingFromWire(wire: PendingTask__Output): PendingTask {
  return {
    guid: wire.task_guid,
    uid: wire.uid,
    domain: wire.domain,
    needs: needsOf(wire.stack, wire.root_fs, wire.placement_tags),
    memoryMb: Math.max(0, wire.memory_mb),
    diskMb: Math.max(0, wire.disk_mb),
    cpuWeight: wire.cpu_weight,
    createdAt: Number(wire.created_at),
    waitingFor: wire.waiting_for,
    notBeforeMs: Number(wire.not_before) / 1_000_000,
  };
}

export function resourcesFromWire(wire: Resources__Output | null): Resources {
  if (wire === null) return { memoryMb: 0, diskMb: 0, containers: 0 };
  return { memoryMb: Number(wire.memory_mb), diskMb: Number(wire.disk_mb), containers: wire.containers };
}

export function offerFromWire(wire: CellOffer__Output): Offer {
  return {
    stacks: wire.stacks,
    preloadedRootfs: wire.preloaded_rootfs,
    rootfsSchemes: wire.rootfs_schemes,
    placementTags: wire.placement_tags,
    optionalPlacementTags: wire.optional_placement_tags,
    capacity: resourcesFromWire(wire.capacity),
  };
}
