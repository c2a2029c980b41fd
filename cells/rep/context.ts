import type { Logger } from 'pino';
import type { Clock } from '../../src/platform/clock.ts';
import type { Capacity } from '../executor/capacity.ts';
import type { CellPolicy } from '../executor/container-spec.ts';
import type { Gate } from '../executor/gate.ts';
import type { Journal } from '../executor/journal.ts';
import type { Spools } from '../executor/logs/spools.ts';
import type { Outbox } from '../executor/outbox.ts';
import type { OutputStore } from '../executor/outputs/store.ts';
import type { PreparedContainers } from '../executor/prepared.ts';
import type { ContainerRuntime, RuntimeInfo } from '../executor/runtime.ts';
import type { Timelines } from '../executor/timeline.ts';
import type { CellTransfers } from '../executor/transfers/transfers.ts';
import type { Attempt } from './attempt.ts';
import type { Calls } from './calls.ts';
import type { EngineCalls } from './engine-calls.ts';
import type { Membership } from './membership.ts';

/** What the steps of an attempt need around them. */
export interface RepContext {
  readonly policy: CellPolicy;
  readonly preloaded: Readonly<Record<string, string>>;
  readonly runtime: ContainerRuntime;
  readonly engine: () => RuntimeInfo;
  readonly capacity: Capacity;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly spools: Spools;
  readonly timelines: Timelines;
  readonly engineCalls: EngineCalls;
  readonly outputs: OutputStore;
  /** Creates and starts: the engine does few of them at once, and each more makes all slower. */
  readonly starts: Gate;
  readonly removals: Gate;
  readonly prepared: PreparedContainers;
  readonly transfers: CellTransfers;
  /** The cell's folder of certificates for tasks; empty = none. */
  readonly certificates: string;
  /** Most bytes that a download of a task without a disk limit may unpack to. */
  readonly unpackMaxBytes: number;
  readonly calls: Calls;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a start without an answer may take to show in the container. */
  readonly confirmStartMs: number;
  /** Aborts when the process goes: everything is left as it is, for the next one. */
  readonly leaving: AbortSignal;
  /** The attempt is over and holds nothing any more. */
  readonly forget: (attempt: Attempt) => void;
  /** Something that the summary tells has changed. */
  readonly changed: () => void;
  /** An attempt's share of the capacity has been booked, or will not be. */
  readonly accounted: (attempt: string) => void;
}
