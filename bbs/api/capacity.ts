import { DomainError } from '../../src/domain/errors.ts';
import { definitionFromWire } from '../../src/rpc/codec.ts';
import type { PlanPlacementRequest__Output } from '../../src/rpc/gen/gavel/v1/PlanPlacementRequest.ts';
import { type Plan, type PlannedCell, planPlacement } from '../explain-capacity.ts';
import type { CellOffer } from '../records.ts';
import type { View } from '../view.ts';
import { offerFromWire } from './wire.ts';

export function plan(view: View, { request, add, count, without }: PlanPlacementRequest__Output) {
  if (request === null)
    throw new DomainError('invalid_argument', 'request: is required', {
      faults: [{ field: 'request', message: 'is required' }],
    });
  const added = add.map(({ like, offer, count: many }) => ({
    like,
    count: many,
    offer: offer === null ? NOTHING : offerFromWire(offer),
  }));
  return planFields(planPlacement(view, { definition: definitionFromWire(request), count, without, add: added }));
}

const NOTHING: CellOffer = {
  cell_id: '',
  zone: '',
  stacks: [],
  preloaded_rootfs: [],
  rootfs_schemes: [],
  placement_tags: [],
  optional_placement_tags: [],
  capacity: { memory_mb: 0, disk_mb: 0, containers: 0 },
  versions: {},
};

/** A plan under the names of the wire. */
export function planFields({ cells, oneMoreCell, oneMoreLike, ...rest }: Plan) {
  const amounts = ({ memoryMb, diskMb, containers }: PlannedCell['capacity']) => ({
    memory_mb: memoryMb,
    disk_mb: diskMb,
    containers,
  });
  return {
    ...rest,
    one_more_cell: oneMoreCell,
    one_more_like: oneMoreLike,
    cells: cells.map(({ cellId, added, placed, capacity, before, after, code }) => ({
      cell_id: cellId,
      added,
      placed,
      capacity: amounts(capacity),
      free_before: amounts(before),
      free_after: amounts(after),
      code,
    })),
  };
}
