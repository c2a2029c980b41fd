import type { Connection } from './connection.ts';

/** One step of a task's life. */
export interface TimelineEvent {
  /** 1, 2, 3, ... in this answer. */
  readonly sequence: number;
  /** UNIX nanoseconds, the actor's clock. */
  readonly time: bigint;
  /** Who did it: the client's name, a cell's id, `auctioneer` or `bbs`. */
  readonly actor: string;
  readonly component: string;
  /** One word for programs. */
  readonly kind: string;
  readonly text: string;
  readonly cause: string;
  readonly data: Readonly<Record<string, string>>;
  /** The placement it belongs to; empty for what concerns the task as a whole. */
  readonly attempt: string;
}

export interface Timeline {
  readonly events: readonly TimelineEvent[];
  /** What is missing, and why; empty when everything is here. */
  readonly notes: readonly string[];
}

export async function readTimeline(
  connection: Connection,
  id: string,
  signal: AbortSignal | undefined,
  engine_calls = false,
): Promise<Timeline> {
  const { events, notes } = await connection.tasks.GetTimeline(
    { task_guid: id, engine_calls },
    connection.call(signal),
  );
  return {
    notes,
    events: events.map(({ sequence, time, ...event }) => ({
      ...event,
      sequence: Number(sequence),
      time: BigInt(time),
    })),
  };
}
