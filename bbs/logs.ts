import type { LogEntry__Output } from '../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { PushLogsRequest__Output } from '../src/rpc/gen/gavel/v1/PushLogsRequest.ts';
import type { Control, LogsOrder } from './control.ts';
import { Relay } from './relay.ts';

const ENTRIES_IN_FLIGHT = 256;
const ANSWER_MS = 10_000;

/** Joins a reader's FollowLogs with the cell's PushLogs. */
export class LogRelay {
  readonly #relay: Relay<readonly LogEntry__Output[]>;

  constructor(control: Control) {
    const weight = (entries: readonly LogEntry__Output[]) => entries.length;
    this.#relay = new Relay(control, { what: 'the logs', weight, inFlight: ENTRIES_IN_FLIGHT, answerMs: ANSWER_MS });
  }

  /**
   * Asks the cell for the logs of one attempt and yields what it pushes.
   * @throws DomainError `unavailable` when the cell is not connected to this BBS or does not begin within 10 s.
   */
  async *follow(
    cellId: string,
    order: Omit<LogsOrder, 'requestId'>,
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry__Output> {
    const ordered = (requestId: string) => ({ type: 'logs', logs: { ...order, requestId } }) as const;
    for await (const entries of this.#relay.ask(cellId, ordered, signal)) yield* entries;
  }

  /** The cell's side. Answers when the push is over, or at once when its reader has gone. */
  async accept(messages: AsyncIterable<PushLogsRequest__Output>, mayPush: (cellId: string) => void): Promise<void> {
    await this.#relay.accept(messages, mayPush, ({ entries }) => (entries.length === 0 ? undefined : entries));
  }
}
