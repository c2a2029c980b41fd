import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../src/domain/errors.ts';
import { isTerminal, type TaskStatus } from '../src/domain/task.ts';
import type { InputPiece } from '../src/rpc/gen/gavel/v1/InputPiece.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { inputKey, inputOf, inputPieceKey, PREFIX } from './keys.ts';
import type { LiveTask } from './live-task.ts';
import { randomHex } from './random.ts';
import type { Room } from './room.ts';
import type { Store } from './store/store.ts';
import type { Tasks } from './tasks.ts';
import type { View } from './view.ts';

/*
 * What people upload for a task lies in the store, in pieces, from the upload to the end of the task: any BBS can take it, any cell can have
 * it, and a BBS that restarts loses nothing. That is why it is small; what is large is downloaded by the task itself.
 */

export const INPUT_MOST_BYTES = 16 * 2 ** 20;
const PIECE_BYTES = 512 * 2 ** 10;
const SWEEP_MS = 30_000;
const PAGE = 1_000;
const WRITES = 20;

interface InputRecord {
  readonly upload: string;
  readonly pieces: number;
  readonly sha256: string;
}

export interface InputsDeps {
  readonly store: Store;
  readonly view: View;
  readonly tasks: Tasks;
  readonly room?: Pick<Room, 'take'> | undefined;
}

export class Inputs {
  readonly #deps: InputsDeps;

  constructor(deps: InputsDeps) {
    this.#deps = deps;
  }

  /**
   * Keeps what is uploaded, and releases the task with the last word of it.
   * @throws DomainError `invalid_transition` when the task waits for no input (any more), `too_large`, `invalid_argument` when the bytes
   *   are not those of the sum, `overloaded` when the store has no room for
   *   them, `cancelled` when the upload broke off: the task waits on.
   */
  async accept(
    { status }: LiveTask,
    pieces: AsyncIterable<{ readonly data?: Buffer | undefined; readonly sha256?: string | undefined }>,
  ): Promise<LiveTask> {
    const { task_guid: guid, uid } = status;
    if (status.awaiting_input !== true)
      throw new DomainError('invalid_transition', `task ${status.number} does not wait for an input`, {
        about: { state: status.state },
      });
    // An upload that broke has left its pieces.
    await this.#drop(inputOf(guid, uid), () => true);
    const upload = randomHex(8);
    const hash = createHash('sha256');
    let at = 0;
    let held: Buffer[] = [];
    let size = 0;
    let bytes = 0;
    const put = async () => {
      if (size === 0) return;
      const key = inputPieceKey(guid, uid, upload, at);
      this.#deps.room?.take(size);
      await this.#deps.store.commit({ guards: [], writes: [{ put: key, value: Buffer.concat(held) }] });
      at += 1;
      held = [];
      size = 0;
    };
    for await (const { data, sha256 } of pieces) {
      if (data !== undefined) {
        bytes += data.length;
        if (bytes > INPUT_MOST_BYTES)
          throw new DomainError(
            'too_large',
            `the input is over ${INPUT_MOST_BYTES / 2 ** 20} MiB; let the task download it`,
          );
        hash.update(data);
        for (let from = 0; from < data.length; ) {
          const part = data.subarray(from, from + PIECE_BYTES - size);
          held.push(part);
          size += part.length;
          from += part.length;
          if (size >= PIECE_BYTES) await put();
        }
      }
      if (sha256 === undefined) continue;
      await put();
      return await this.#seal(status, { upload, pieces: at, sha256 }, hash.digest('hex'));
    }
    throw new DomainError('cancelled', 'the upload ended before its sum came; the task waits on');
  }

  async #seal({ task_guid: guid, uid }: TaskStatus, record: InputRecord, sum: string): Promise<LiveTask> {
    if (record.sha256 !== sum)
      throw new DomainError('invalid_argument', 'sha256: the bytes that arrived have another sum; upload them again');
    const write = { put: inputKey(guid, uid), value: encodeRecord(record) };
    const { after, before } = await this.#deps.tasks.transition(
      guid,
      { type: 'input' },
      { uid, alongside: () => [write] },
    );
    return after ?? before;
  }

  /** The whole input, for the cell that unpacks it. @throws DomainError `not_found` when it is not whole. */
  async *read({ status }: LiveTask): AsyncGenerator<InputPiece> {
    const { store } = this.#deps;
    const { task_guid: guid, uid } = status;
    const entry = await store.get(inputKey(guid, uid));
    if (entry === undefined) throw new DomainError('not_found', `task ${guid} has no input`);
    const { upload, pieces, sha256 } = decodeRecord<InputRecord>(entry.value);
    for (let at = 0; at < pieces; at += 1) {
      const piece = await store.get(inputPieceKey(guid, uid, upload, at));
      if (piece === undefined) throw new DomainError('not_found', `the input of task ${guid} is not whole`);
      yield { data: piece.value };
    }
    yield { sha256 };
  }

  /** The leader's duty: what was uploaded for tasks that are over goes. */
  async sweep(log: Logger, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(SWEEP_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        const dropped = await this.sweepOnce();
        if (dropped > 0) log.info({ dropped }, 'inputs.removed');
      } catch (error) {
        log.warn({ error: errorText(error) }, 'inputs.sweep-failed');
      }
    }
  }

  /** @returns how many pieces went. */
  async sweepOnce(): Promise<number> {
    const { view } = this.#deps;
    return await this.#drop(PREFIX.input, (key) => {
      const [, guid = '', uid = ''] = key.split('/');
      const status = view.task(guid)?.status;
      return status?.uid !== uid || isTerminal(status.state);
    });
  }

  async #drop(prefix: string, over: (key: string) => boolean): Promise<number> {
    const { store } = this.#deps;
    let dropped = 0;
    let after: string | undefined;
    for (;;) {
      const page = await store.list(prefix, { limit: PAGE, keysOnly: true, ...(after === undefined ? {} : { after }) });
      const keys = page.entries.map(({ key }) => key).filter(over);
      for (let at = 0; at < keys.length; at += WRITES) {
        const writes = keys.slice(at, at + WRITES).map((key) => ({ delete: key }));
        await store.commit({ guards: [], writes });
      }
      dropped += keys.length;
      after = page.entries.at(-1)?.key;
      if (!page.more || after === undefined) return dropped;
    }
  }
}
