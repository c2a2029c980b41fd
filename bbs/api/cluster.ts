import { systemClock } from '../../src/platform/clock.ts';
import type { CellOffer as WireOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import { definitionOf } from '../live-task.ts';
import type { View } from '../view.ts';

export function clusterApi(view: View): Handlers<'ClusterService'> {
  return {
    ListCells: async () => ({
      // The wire's lists are writable in type only; nothing writes them.
      cells: listCells(view).map(({ offer, ...rest }) => ({ ...rest, offer: offer as unknown as WireOffer })),
      now: systemClock().nowNanos().toString(),
    }),
  };
}

/** Registered cells by name, each with what its tasks reserve. */
export function listCells(view: View) {
  const cells = [...view.cells()].sort((a, b) => (a.record.offer.cell_id < b.record.offer.cell_id ? -1 : 1));
  return cells.map(({ record, epoch }) => {
    const held = view.tasksOfCell(record.offer.cell_id);
    const reserved = { memory_mb: 0, disk_mb: 0, containers: held.length };
    for (const task of held) {
      const { memory_mb, disk_mb } = definitionOf(task);
      reserved.memory_mb += memory_mb;
      reserved.disk_mb += disk_mb;
    }
    const running = held.filter((task) => task.status.state === 'RUNNING').length;
    return {
      offer: record.offer,
      epoch,
      registered_at: record.registered_at,
      reserved,
      tasks_claimed: held.length - running,
      tasks_running: running,
    };
  });
}
