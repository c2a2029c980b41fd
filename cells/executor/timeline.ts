import { appendFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { attemptFileName, forget } from './files.ts';

/** One step of an attempt, as this cell saw it. */
export interface CellEvent {
  /** UNIX nanoseconds, the cell's clock. */
  readonly time: bigint;
  /** rep, runtime, action or outputs. */
  readonly component: string;
  /** One word for programs. */
  readonly kind: string;
  readonly text: string;
  readonly cause: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface EventFacts {
  readonly cause?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Stored {
  readonly t: string;
  readonly c: string;
  readonly k: string;
  readonly x: string;
  readonly r?: string;
  readonly d?: Readonly<Record<string, string>>;
}

/** A tree of a thousand actions tells two thousand times of them; what comes after is counted. */
const MOST_EVENTS = 2_500;
const TEXT_MOST = 300;

/** The steps of one attempt: kept in memory while it lasts, and in a file so that a restarted cell still knows them. */
export class Timeline {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: CellEvent[] = [];
  /** An earlier process of this cell wrote some, which are only in the file. */
  readonly #resumed: boolean;
  #waiting = '';
  #writing: Promise<void> | undefined;
  #broken = false;

  constructor(path: string, resumed: boolean, clock: Clock, log: Logger) {
    this.#path = path;
    this.#resumed = resumed;
    this.#clock = clock;
    this.#log = log;
  }

  /** Never waits and never fails: a disk that is full costs events, not the task. */
  note(component: string, kind: string, text: string, { cause = '', data = {} }: EventFacts = {}): void {
    if (this.#events.length >= MOST_EVENTS) return;
    const event: CellEvent = { time: this.#clock.nowNanos(), component, kind, text: clip(text), cause, data };
    this.#events.push(event);
    this.#waiting += `${JSON.stringify(toStored(event))}\n`;
    this.#writing ??= this.#write();
  }

  /** All there is, oldest first. */
  async events(): Promise<readonly CellEvent[]> {
    if (!this.#resumed) return [...this.#events];
    await this.settled();
    const stored = await readEvents(this.#path);
    return stored.length >= this.#events.length ? stored : [...this.#events];
  }

  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    // What is noted in the same turn goes to the disk in one write.
    await Promise.resolve();
    while (this.#waiting !== '') {
      const text = this.#waiting;
      this.#waiting = '';
      try {
        await appendFile(this.#path, text, { mode: 0o600 });
      } catch (error) {
        if (!this.#broken) this.#log.warn({ path: this.#path, error: errorText(error) }, 'timeline.write-failed');
        this.#broken = true;
      }
    }
    this.#writing = undefined;
  }
}

export interface TimelineLimits {
  readonly keepAttempts: number;
  readonly keepMs: number;
}

interface Id {
  readonly guid: string;
  readonly attempt: string;
}

/** The timelines of this cell's attempts, those under way and those that are over. */
export class Timelines {
  readonly #folder: string;
  readonly #limits: TimelineLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #open = new Map<string, Timeline>();
  /** Files that an earlier process of this cell left. */
  #old: Set<string> = new Set();

  constructor(stateDir: string, limits: TimelineLimits, clock: Clock, log: Logger) {
    this.#folder = join(stateDir, 'timeline');
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#old = new Set(await readdir(this.#folder));
  }

  /** Of an attempt that is under way; begun when first asked for. */
  of({ guid, attempt }: Id): Timeline {
    const name = fileOf(guid, attempt);
    let timeline = this.#open.get(name);
    if (timeline === undefined) {
      timeline = new Timeline(join(this.#folder, name), this.#old.has(name), this.#clock, this.#log);
      this.#open.set(name, timeline);
    }
    return timeline;
  }

  /** Undefined when nothing is known of the attempt (any more). */
  async find({ guid, attempt }: Id): Promise<readonly CellEvent[] | undefined> {
    const name = fileOf(guid, attempt);
    const open = this.#open.get(name);
    if (open !== undefined) return await open.events();
    const events = await readEvents(join(this.#folder, name));
    return events.length === 0 ? undefined : events;
  }

  /** Nothing more will be noted. */
  async finish({ guid, attempt }: Id): Promise<void> {
    const name = fileOf(guid, attempt);
    await this.#open.get(name)?.settled();
    this.#open.delete(name);
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (timeline) => await timeline.settled()));
  }

  /** Lets go of those that are too many or too old. */
  async prune(): Promise<void> {
    const over: { name: string; at: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      if (this.#open.has(name)) continue;
      const found = await stat(join(this.#folder, name)).catch(() => undefined);
      if (found !== undefined) over.push({ name, at: found.mtimeMs });
    }
    over.sort((a, b) => b.at - a.at);
    const oldest = this.#clock.nowMs() - this.#limits.keepMs;
    for (const { name } of over.filter(({ at }, index) => index >= this.#limits.keepAttempts || at < oldest)) {
      await forget(join(this.#folder, name));
      this.#old.delete(name);
    }
  }
}

const DIGEST_EVENTS = 60;
const DIGEST_BYTES = 8 * 1_024;
/** What one event takes beside its texts. */
const EVENT_BYTES = 48;

/**
 * What of a timeline is kept for ever: at most 60 events and 8 KiB. The beginning and the end tell most, so the middle gives way, and says so.
 */
export function digestOf(events: readonly CellEvent[]): readonly CellEvent[] {
  const size = (event: CellEvent) => EVENT_BYTES + Buffer.byteLength(JSON.stringify(toStored(event)));
  let left = DIGEST_BYTES - 2 * EVENT_BYTES;
  let count = DIGEST_EVENTS - 1;
  const head: CellEvent[] = [];
  const tail: CellEvent[] = [];
  let front = 0;
  let back = events.length;
  // From both ends in turn, until one does not fit.
  while (front < back && count > 0) {
    const fromFront = head.length <= tail.length;
    const event = fromFront ? events[front] : events[back - 1];
    if (event === undefined || size(event) > left) break;
    left -= size(event);
    count -= 1;
    if (fromFront) {
      head.push(event);
      front += 1;
    } else {
      tail.unshift(event);
      back -= 1;
    }
  }
  const first = events[front];
  if (front >= back || first === undefined) return [...head, ...tail];
  const missing = back - front;
  const omitted: CellEvent = {
    time: first.time,
    component: 'rep',
    kind: 'omitted',
    text: `${missing} events are left out here`,
    cause: '',
    data: { events: String(missing) },
  };
  return [...head, omitted, ...tail];
}

function fileOf(guid: string, attempt: string): string {
  return `${attemptFileName(guid, attempt)}.jsonl`;
}

async function readEvents(path: string): Promise<CellEvent[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const events: CellEvent[] = [];
  for (const line of text.split('\n')) {
    const event = line === '' ? undefined : fromStored(line);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function toStored({ time, component, kind, text, cause, data }: CellEvent): Stored {
  const more = { ...(cause === '' ? {} : { r: cause }), ...(Object.keys(data).length === 0 ? {} : { d: data }) };
  return { t: time.toString(), c: component, k: kind, x: text, ...more };
}

/** A line that a crash tore is not there. */
function fromStored(line: string): CellEvent | undefined {
  try {
    const { t, c, k, x, r = '', d = {} } = JSON.parse(line) as Stored;
    return { time: BigInt(t), component: c, kind: k, text: x, cause: r, data: d };
  } catch {
    return undefined;
  }
}

function clip(text: string): string {
  return text.length <= TEXT_MOST ? text : `${text.slice(0, TEXT_MOST - 3)}...`;
}
