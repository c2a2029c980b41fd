import type { Clock } from '../../src/platform/clock.ts';
import { durationMsFromWire } from '../../src/rpc/codec.ts';
import type { Cell } from '../../src/rpc/gen/gavel/v1/Cell.ts';
import type { CellLog__Output } from '../../src/rpc/gen/gavel/v1/CellLog.ts';
import type { CellOffer as WireOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { CellData } from '../cell-data.ts';
import type { CellList, ListedCell } from '../cell-list.ts';
import type { Cells } from '../cells.ts';
import { type DomainsApiDeps, domainsApi } from './domains.ts';
import { whoAmI } from './who-am-i.ts';

export interface ClusterApiDeps extends DomainsApiDeps {
  readonly cells: Cells;
  readonly cellList: CellList;
  readonly clock: Clock;
  readonly data: CellData;
}

const TAIL = 100;
const TAIL_MOST = 10_000;

export function clusterApi(deps: ClusterApiDeps): Handlers<'ClusterService'> {
  const { cells, cellList, clock } = deps;
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
    ...domainsApi(deps),
    FollowCellLog: ({ cell_id, tail, follow }, context) =>
      followCellLog(deps, { cell_id, tail, follow }, context.signal),
  };
}

interface CellLogQuestion {
  readonly cell_id: string;
  /** 0 = the usual number. */
  readonly tail: number;
  readonly follow: boolean;
}

/** @throws DomainError `not_found` for a cell that nobody knows, `unavailable` for one that is not connected. */
export async function* followCellLog(
  { cellList, data }: Pick<ClusterApiDeps, 'cellList' | 'data'>,
  { cell_id, tail, follow }: CellLogQuestion,
  signal: AbortSignal,
): AsyncGenerator<CellLog__Output> {
  cellList.one(cell_id);
  yield* data.log(cell_id, { tail: Math.min(tail === 0 ? TAIL : tail, TAIL_MOST), follow }, signal);
}

function cellToWire({ offer, ...rest }: ListedCell): Cell {
  // The wire's lists are writable in type only; nothing writes them.
  return { ...rest, offer: offer as unknown as WireOffer };
}
