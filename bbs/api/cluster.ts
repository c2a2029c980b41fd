import type { Clock } from '../../src/platform/clock.ts';
import { durationMsFromWire } from '../../src/rpc/codec.ts';
import type { Cell } from '../../src/rpc/gen/gavel/v1/Cell.ts';
import type { CellOffer as WireOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { CellList, ListedCell } from '../cell-list.ts';
import type { Cells } from '../cells.ts';
import { whoAmI } from './who-am-i.ts';

export interface ClusterApiDeps {
  readonly cells: Cells;
  readonly cellList: CellList;
  readonly clock: Clock;
}

export function clusterApi({ cells, cellList, clock }: ClusterApiDeps): Handlers<'ClusterService'> {
  return {
    ListCells: async () => ({ cells: cellList.all().map(cellToWire), now: clock.nowNanos().toString() }),
    DrainCell: async ({ cell_id, deadline }, context) => {
      await cells.drain(cell_id, durationMsFromWire(deadline), context.identity.name);
      return cellToWire(cellList.one(cell_id));
    },
    UndrainCell: async ({ cell_id }) => {
      await cells.undrain(cell_id);
      return cellToWire(cellList.one(cell_id));
    },
    WhoAmI: async (_request, { identity }) => {
      const { expires_at, ...rest } = whoAmI(identity);
      return { ...rest, expires_at: expires_at.toString() };
    },
  };
}

function cellToWire({ offer, ...rest }: ListedCell): Cell {
  // The wire's lists are writable in type only; nothing writes them.
  return { ...rest, offer: offer as unknown as WireOffer };
}
