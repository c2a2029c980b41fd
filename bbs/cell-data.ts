import { DomainError, ERRORS, type ErrorCode } from '../src/domain/errors.ts';
import type { CellLog__Output } from '../src/rpc/gen/gavel/v1/CellLog.ts';
import type { ExecChunk__Output } from '../src/rpc/gen/gavel/v1/ExecChunk.ts';
import type { OutputChunk__Output } from '../src/rpc/gen/gavel/v1/OutputChunk.ts';
import type { OutputsInfo__Output } from '../src/rpc/gen/gavel/v1/OutputsInfo.ts';
import type { PushDataRequest__Output } from '../src/rpc/gen/gavel/v1/PushDataRequest.ts';
import type { TaskUsage__Output } from '../src/rpc/gen/gavel/v1/TaskUsage.ts';
import type { Timeline__Output } from '../src/rpc/gen/gavel/v1/Timeline.ts';
import type { Control, DataOrder, ExecOrder } from './control.ts';
import { Relay } from './relay.ts';

const BYTES_IN_FLIGHT = 4 * 2 ** 20;
/** Also for a cell that first makes the archive of a task without files of its own. */
const ANSWER_MS = 10_000;
const TIMELINE_MS = 3_000;

/** Which attempt on which cell. */
export interface Place {
  readonly cellId: string;
  readonly guid: string;
  readonly attempt: string;
}

type Told = Pick<PushDataRequest__Output, 'timeline' | 'outputs' | 'chunk' | 'usage' | 'exec' | 'cell_log' | 'refused'>;

/** What cells keep of their attempts beside the logs, asked for over their control streams. */
export class CellData {
  readonly #relay: Relay<Told>;

  constructor(control: Control) {
    const weight = ({ chunk, exec }: Told) =>
      (chunk?.data?.length ?? exec?.stdout?.length ?? exec?.stderr?.length ?? 0) + 256;
    this.#relay = new Relay(control, { what: 'its answer', weight, inFlight: BYTES_IN_FLIGHT, answerMs: ANSWER_MS });
  }

  /** @throws DomainError `unavailable`, or what the cell refuses it with. */
  async timeline(place: Place, signal: AbortSignal, engineCalls = false): Promise<Timeline__Output> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(TIMELINE_MS)]);
    for await (const { timeline } of this.#ask(place, { what: 'timeline', engineCalls }, late))
      if (timeline) return timeline;
    throw silent(place);
  }

  async outputs(place: Place, asked: boolean, signal: AbortSignal): Promise<OutputsInfo__Output> {
    for await (const { outputs } of this.#ask(place, { what: 'outputs', asked }, signal)) if (outputs) return outputs;
    throw silent(place);
  }

  async *download(
    place: Place,
    wanted: { readonly asked: boolean; readonly names: readonly string[]; readonly offset: number },
    signal: AbortSignal,
  ): AsyncGenerator<OutputChunk__Output> {
    for await (const { chunk } of this.#ask(place, { what: 'download', ...wanted }, signal)) if (chunk) yield chunk;
  }

  /** Of one attempt, or with an empty one of everything that runs on the cell. */
  async usage(cellId: string, attempt: string, signal: AbortSignal): Promise<readonly TaskUsage__Output[]> {
    const place = { cellId, guid: '', attempt };
    const late = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    for await (const { usage } of this.#ask(place, { what: 'usage' }, late)) if (usage) return usage.usages;
    throw silent(place);
  }

  /** The command goes on for as long as this is read. */
  async *exec(place: Place, command: ExecOrder, signal: AbortSignal): AsyncGenerator<ExecChunk__Output> {
    for await (const { exec } of this.#ask(place, { what: 'exec', ...command }, signal)) if (exec) yield exec;
  }

  /** Of the cell's own log; empty while nothing happens. */
  async *log(
    cellId: string,
    wanted: { readonly tail: number; readonly follow: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<CellLog__Output> {
    const place = { cellId, guid: '', attempt: '' };
    for await (const { cell_log } of this.#ask(place, { what: 'cell log', ...wanted }, signal))
      if (cell_log) yield cell_log;
  }

  /** The cell's side. */
  async accept(messages: AsyncIterable<PushDataRequest__Output>, mayPush: (cellId: string) => void): Promise<void> {
    await this.#relay.accept(messages, mayPush, (message) => (message.data === undefined ? undefined : message));
  }

  async *#ask(place: Place, wanted: DataOrder['wanted'], signal: AbortSignal): AsyncGenerator<Told> {
    const { cellId, guid, attempt } = place;
    const order = (requestId: string) => ({ type: 'data', data: { requestId, guid, attempt, wanted } }) as const;
    for await (const told of this.#relay.ask(cellId, order, signal)) {
      if (told.refused) {
        const { code, message } = told.refused;
        throw new DomainError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal', message);
      }
      yield told;
    }
    signal.throwIfAborted();
  }
}

function silent({ cellId }: Place): DomainError {
  return new DomainError('unavailable', `cell ${cellId} ended its answer before it was whole`);
}
