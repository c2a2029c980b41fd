import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { Client } from '../../src/rpc/types.ts';

/** What is placed on a cell from now on, as its control stream tells. Ends with the signal, or with the BBS. */
export async function* placedOn(
  cells: Client<'CellService'>,
  cell: { readonly cell_id: string; readonly epoch: string },
  signal: AbortSignal,
): AsyncGenerator<readonly Task__Output[]> {
  try {
    for await (const { placed } of cells.Control(cell, { signal })) if (placed != null) yield placed.tasks;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
