import { DomainError } from '../src/domain/errors.ts';
import { isTerminal, type Task } from '../src/domain/task.ts';
import type { OutputChunk__Output } from '../src/rpc/gen/gavel/v1/OutputChunk.ts';
import type { OutputsInfo__Output } from '../src/rpc/gen/gavel/v1/OutputsInfo.ts';
import type { CellData, Place } from './cell-data.ts';
import type { Control } from './control.ts';
import type { View } from './view.ts';

/** Where finished tasks' outputs are read: on their cell, or on any cell that shares its store when that one is away. */
export class Outputs {
  readonly #view: View;
  readonly #control: Control;
  readonly #data: CellData;

  constructor(view: View, control: Control, data: CellData) {
    this.#view = view;
    this.#control = control;
    this.#data = data;
  }

  /** @throws DomainError `invalid_transition` (the task goes on), `not_found` (nothing is kept), `unavailable`. */
  async list(task: Task, signal: AbortSignal): Promise<OutputsInfo__Output> {
    return await this.#data.outputs(this.#placeOf(task), task.outputs.length > 0, signal);
  }

  async *download(
    task: Task,
    names: readonly string[],
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<OutputChunk__Output> {
    const wanted = { asked: task.outputs.length > 0, names, offset };
    yield* this.#data.download(this.#placeOf(task), wanted, signal);
  }

  #placeOf({ number, state, cell_id, task_guid: guid, attempt }: Task): Place {
    if (!isTerminal(state))
      throw new DomainError('invalid_transition', `task ${number} has no outputs yet: it is ${state}`, {
        about: { state },
      });
    if (cell_id === '') throw new DomainError('not_found', `task ${number} never came to a cell, so it left nothing`);
    if (this.#control.isConnected(cell_id)) return { cellId: cell_id, guid, attempt };
    for (const { record } of this.#view.cells()) {
      const { cell_id: other, versions } = record.offer;
      if ((versions['output_store'] ?? '') !== '' && this.#control.isConnected(other)) {
        return { cellId: other, guid, attempt };
      }
    }
    throw new DomainError('unavailable', `cell ${cell_id} is not connected; the outputs can be read when it is back`);
  }
}
