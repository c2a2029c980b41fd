import { durationMsFromWire, durationToWire } from '../rpc/codec.ts';
import type { AlertRule__Output } from '../rpc/gen/gavel/v1/AlertRule.ts';
import type { CallbackTest } from './callback-ledger.ts';
import type { Connection } from './connection.ts';

/** What an operator wants to be told of, by a POST that is signed as a callback is. */
export interface AlertRule {
  /** 1 to 64 letters, digits, - and _. */
  readonly name: string;
  /**
   * `failed`: a task ended otherwise than well. `ended`: it ended. `waiting`: it has been PENDING for longer than `forMs`. `callback_dead`: its callback
   * was given up. `cell_lost`: a cell has been away for longer than `forMs`.
   */
  readonly on: 'failed' | 'ended' | 'waiting' | 'callback_dead' | 'cell_lost';
  readonly url: string;
  /** Of tasks: only those of which this expression is true. */
  readonly select?: string;
  /** Default: 10 minutes for `waiting`, 1 minute for `cell_lost`. */
  readonly forMs?: number;
  /** Between two posts; what comes meanwhile is told together. Default 5 minutes. */
  readonly cooldownMs?: number;
}

/** A rule as it is kept, and what became of its last post. */
export interface Alert extends Required<AlertRule> {
  readonly updated_by: string;
  /** UNIX nanoseconds. */
  readonly updated_at: bigint;
  readonly last?: {
    /** UNIX nanoseconds. */
    readonly at: bigint;
    /** How many things it told of. */
    readonly count: number;
    /** HTTP status; 0 = no answer. */
    readonly status: number;
    readonly error: string;
  };
}

/** For operators. */
export class Alerts {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(signal?: AbortSignal): Promise<readonly Alert[]> {
    const { rules } = await this.#connection.alerts.ListAlerts({}, this.#connection.call(signal));
    return rules.map(alertFromWire);
  }

  /** Makes a rule, or puts it in place of the one of its name. @throws TaskError `invalid_argument` with every fault. */
  async put({ forMs, cooldownMs, ...rule }: AlertRule, signal?: AbortSignal): Promise<Alert> {
    const spans = {
      for: forMs === undefined ? null : durationToWire(forMs),
      cooldown: cooldownMs === undefined ? null : durationToWire(cooldownMs),
    };
    return alertFromWire(await this.#connection.alerts.PutAlert({ ...rule, ...spans }, this.#connection.call(signal)));
  }

  /** @throws TaskError `not_found`. */
  async remove(name: string, signal?: AbortSignal): Promise<void> {
    await this.#connection.alerts.DeleteAlert({ name }, { ...this.#connection.call(signal), retry: false });
  }

  /** Posts a sample to the rule's URL at once. @throws TaskError `not_found`. */
  async test(name: string, signal?: AbortSignal): Promise<CallbackTest> {
    return await this.#connection.alerts.TestAlert({ name }, { ...this.#connection.call(signal), retry: false });
  }
}

function alertFromWire({ for: wait, cooldown, updated_at, last, on, ...rule }: AlertRule__Output): Alert {
  return {
    ...rule,
    // The server keeps no other.
    on: on as Alert['on'],
    forMs: durationMsFromWire(wait) ?? 0,
    cooldownMs: durationMsFromWire(cooldown) ?? 0,
    updated_at: BigInt(updated_at),
    ...(last === null ? {} : { last: { ...last, at: BigInt(last.at) } }),
  };
}
