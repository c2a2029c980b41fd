import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { TaskStatus } from '../../src/domain/task.ts';
import type { Ending, Command as MachineCommand } from '../../src/domain/task-machine.ts';
import { check, type Revision, type Violation } from '../faults/checker.ts';

/*
 * A small world around a BBS: clients, cells that crash and come back, an auctioneer, time, and a line that loses, repeats and
 * delays. Nothing is filtered: every call is legal at every moment and has to be answered rightly (reliability 3.3).
 */

export type Answer = { readonly code: string; readonly uid?: string };

/** What is under test: the pure machine over a map, or the real code over a real store. */
export interface Bbs {
  desire(guid: string, requestKey: string): Promise<Answer>;
  command(
    guid: string,
    command: MachineCommand,
    fence?: { readonly cell: string; readonly epoch: number },
  ): Promise<Answer>;
  /** The epoch; undefined while another process holds the place, unless it is the one that is to be replaced. */
  register(cell: string, incarnation: string, replaces: string): Promise<number | undefined>;
  /** The cell's lease ends. */
  endLease(cell: string): Promise<void>;
  /** What a reader sees, perhaps late. */
  look(guid: string): Promise<TaskStatus | undefined>;
  /** The wall clock of whoever answers next is so much wrong from here on. */
  setClock(ms: number): void;
  /** Time goes by, and what time alone does is done. */
  pass(ms: number): Promise<void>;
  /** Nothing is under way any more. */
  settled(): Promise<void>;
  history(): Promise<readonly Revision[]>;
}

type Line = 'good' | 'answer lost' | 'not sent' | 'twice' | 'late';

export type Op =
  | {
      readonly op: 'desire' | 'see' | 'cancel' | 'resolve' | 'remove' | 'demote' | 'prune' | 'expire';
      readonly g: number;
      readonly line: Line;
    }
  | { readonly op: 'claim'; readonly g: number; readonly c: number; readonly line: Line }
  | {
      readonly op: 'start' | 'run' | 'complete' | 'release';
      readonly t: number;
      readonly ok: boolean;
      readonly line: Line;
    }
  | { readonly op: 'crash' | 'lease ends'; readonly c: number; readonly line: Line }
  /** `certain`: it knows that the process before it is gone. */
  | { readonly op: 'return'; readonly c: number; readonly certain: boolean; readonly line: Line }
  | { readonly op: 'flush' }
  | { readonly op: 'pass' | 'clock'; readonly ms: number }
  | {
      readonly op: 'wild';
      readonly g: number;
      readonly c: number;
      readonly a: number;
      readonly e: number;
      readonly what: Wild;
    };

type Wild = 'usurp' | 'claim' | 'start' | 'release' | 'unclaim' | 'adopt' | 'complete' | 'lose' | 'reject';

export const GUIDS = 3;
const CELLS = 2;
/** Tasks that a cell has room for. */
const ROOM = 2;
/** Each task asks for so much. */
export const TASK_MB = 10;

/** Random commands; `most` of them. Weights follow a task's way, so that long lives are common. */
export function ops(most: number, passMs: number): fc.Arbitrary<readonly Op[]> {
  const g = fc.nat(GUIDS - 1);
  const c = fc.nat(CELLS - 1);
  const t = fc.nat(7);
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Line>('good') },
    { weight: 4, arbitrary: fc.constantFrom<Line>('answer lost', 'not sent', 'twice', 'late') },
  );
  const one = <T extends Op>(weight: number, arbitrary: fc.Arbitrary<T>) => ({
    weight,
    arbitrary: arbitrary as fc.Arbitrary<Op>,
  });
  const on = (
    weight: number,
    ...names: ('desire' | 'see' | 'cancel' | 'resolve' | 'remove' | 'demote' | 'prune' | 'expire')[]
  ) => one(weight, fc.record({ op: fc.constantFrom(...names), g, line }));
  const tried = (weight: number, op: 'start' | 'run' | 'complete' | 'release') =>
    one(weight, fc.record({ op: fc.constant(op), t, ok: fc.boolean(), line }));
  const command = fc.oneof(
    on(5, 'desire'),
    one(6, fc.record({ op: fc.constant('claim' as const), g, c, line })),
    on(7, 'see'),
    tried(7, 'start'),
    tried(6, 'run'),
    tried(4, 'complete'),
    tried(1, 'release'),
    on(1, 'cancel', 'prune', 'expire'),
    on(2, 'resolve', 'remove', 'demote'),
    one(3, fc.record({ op: fc.constant('return' as const), c, certain: fc.boolean(), line })),
    one(2, fc.record({ op: fc.constantFrom('crash' as const, 'lease ends' as const), c, line })),
    one(2, fc.record({ op: fc.constant('flush' as const) })),
    one(2, fc.record({ op: fc.constant('pass' as const), ms: fc.nat(passMs) })),
    one(1, fc.record({ op: fc.constant('clock' as const), ms: fc.integer({ min: -2 * passMs, max: 2 * passMs }) })),
    one(
      2,
      fc.record({
        op: fc.constant('wild' as const),
        g,
        c,
        a: fc.nat(5),
        e: fc.nat(3),
        what: fc.constantFrom<Wild>(
          'usurp',
          'claim',
          'start',
          'release',
          'unclaim',
          'adopt',
          'complete',
          'lose',
          'reject',
        ),
      }),
    ),
  );
  return fc.array(command, { minLength: Math.floor(most / 2), maxLength: most, size: 'max' });
}

/** One try of one rep process to run one attempt; gone with the process. */
interface Try {
  readonly cell: Cell;
  readonly guid: string;
  readonly attempt: string;
  /** Of the rep when it took the claim up. */
  readonly epoch: number;
  readonly nonce: string;
  phase: 'claimed' | 'asked' | 'permitted' | 'running' | 'over';
  grantedUnder: number;
}

interface Container {
  readonly guid: string;
  readonly attempt: string;
  ran: boolean;
  exit: Ending | undefined;
}

interface Cell {
  readonly id: string;
  alive: boolean;
  epoch: number | undefined;
  incarnation: string;
  /** Of the process before. */
  former: string;
  tries: Try[];
  known: Set<string>;
  containers: Container[];
}

/** How tasks ended, and whether a running one was adopted on its way: what a set of histories has come across. */
export function endsOf(history: readonly Revision[]): Set<string> {
  const ends = new Set<string>();
  const running = new Map<string, number>();
  for (const { key, value } of history) {
    if (!key.startsWith('task/') || value === undefined) continue;
    const { uid, state, outcome, epoch } = JSON.parse(value) as TaskStatus;
    if (state === 'COMPLETED') ends.add(outcome);
    if (state === 'RUNNING' && (running.get(uid) ?? epoch) !== epoch) ends.add('adopted');
    if (state === 'RUNNING') running.set(uid, epoch);
  }
  return ends;
}

export const ALL_ENDS = ['adopted', 'cancelled', 'failed', 'infra_failed', 'lost', 'succeeded', 'unplaced'];

export class World {
  readonly #bbs: Bbs;
  readonly #name: string;
  readonly #cells: Cell[];
  readonly #starts: { guid: string; id: string }[] = [];
  readonly #accepted: { guid: string; uid: string }[] = [];
  readonly #uidOfKey = new Map<string, string>();
  readonly #late: (() => Promise<unknown>)[] = [];
  readonly #attempts: string[] = ['none'];
  readonly #epochs: number[] = [0];
  readonly #faults: Violation[] = [];
  #lives = 0;

  constructor(bbs: Bbs, name: string) {
    this.#bbs = bbs;
    this.#name = name;
    this.#cells = Array.from({ length: CELLS }, (_, at) => ({
      id: `${name}c${at}`,
      alive: false,
      epoch: undefined,
      incarnation: '',
      former: '',
      tries: [],
      known: new Set(),
      containers: [],
    }));
  }

  /** Runs the history to its end and judges it. */
  async live(commands: readonly Op[]): Promise<Violation[]> {
    for (const cell of this.#cells) await this.#return(cell, 'good');
    for (const command of commands) await this.#do(command);
    await this.#end();
    const mine = (key: string) => key.startsWith(`task/${this.#name}`) || key.startsWith(`cell/${this.#name}`);
    const all = await this.#bbs.history();
    const uids = new Set<string>();
    for (const { key, value } of all)
      if (mine(key) && value !== undefined && key.startsWith('task/')) uids.add((JSON.parse(value) as TaskStatus).uid);
    const history = all.filter(({ key, value }) => {
      if (mine(key)) return true;
      const [kind = '', id = ''] = key.split('/');
      if (kind === 'history') return value !== undefined && uids.has(uidOfSealed(value));
      return (kind === 'spec' || kind === 'outbox') && uids.has(id);
    });
    const containers = this.#cells.flatMap(({ containers: left }) => left.map(({ attempt }) => attempt));
    const capacity = Object.fromEntries(this.#cells.map(({ id }) => [id, ROOM * TASK_MB]));
    const evidence = { history, accepted: this.#accepted, starts: this.#starts, containers, finished: true };
    const found = check({ ...evidence, capacity });
    return [...this.#faults, ...found];
  }

  #guid(at: number): string {
    return `${this.#name}g${at}`;
  }

  #cell(at: number): Cell {
    return this.#cells[at % CELLS] as Cell;
  }

  /** Over the line: what is lost answers `unavailable`, what is late arrives at a later time or never. */
  async #send(line: Line, call: () => Promise<Answer>): Promise<Answer> {
    const gone = { code: 'unavailable' };
    switch (line) {
      case 'good':
        return await call();
      case 'answer lost':
        await call();
        return gone;
      case 'not sent':
        return gone;
      case 'twice':
        await call();
        return await call();
      case 'late':
        this.#late.push(call);
        return gone;
    }
  }

  async #do(command: Op): Promise<void> {
    switch (command.op) {
      case 'desire':
        return await this.#desire(command.g, command.line);
      case 'claim': {
        const cell = this.#cell(command.c);
        const epoch = cell.epoch ?? 0;
        await this.#send(command.line, async () => await this.#claim(this.#guid(command.g), cell.id, epoch));
        return;
      }
      case 'see':
        return await this.#see(this.#guid(command.g));
      case 'start':
      case 'run':
      case 'complete':
      case 'release':
        return await this.#try(command);
      case 'crash':
        return this.#crash(this.#cell(command.c));
      case 'return':
        return await this.#return(this.#cell(command.c), command.line, command.certain);
      case 'lease ends':
        return await this.#bbs.endLease(this.#cell(command.c).id);
      case 'flush': {
        await this.#late.splice(0, 1)[0]?.();
        return;
      }
      case 'pass':
        return await this.#bbs.pass(command.ms);
      case 'clock':
        return this.#bbs.setClock(command.ms);
      case 'wild':
        return await this.#wild(command);
      case 'cancel':
      case 'resolve':
      case 'remove':
      case 'demote':
      case 'prune':
      case 'expire': {
        const plain: MachineCommand = command.op === 'cancel' ? { type: 'cancel', reason: '' } : { type: command.op };
        await this.#send(command.line, async () => await this.#bbs.command(this.#guid(command.g), plain));
      }
    }
  }

  async #desire(g: number, line: Line): Promise<void> {
    const guid = this.#guid(g);
    if ((await this.#bbs.look(guid)) === undefined) this.#lives += 1;
    // A repeat of the request carries the same key; once the guid is free again, a new one is a new request.
    const key = `${guid}-${this.#lives}`;
    const answer = await this.#send(line, async () => await this.#bbs.desire(guid, key));
    if (answer.code !== '' || answer.uid === undefined) return;
    const before = this.#uidOfKey.get(key);
    if (before !== undefined && before !== answer.uid)
      this.#faults.push({ invariant: 'I3', what: `${key} made ${before} and ${answer.uid}` });
    this.#uidOfKey.set(key, answer.uid);
    this.#accepted.push({ guid, uid: answer.uid });
  }

  async #claim(guid: string, cell: string, epoch: number): Promise<Answer> {
    // As in the BBS: made anew by each call, also by a repeated one.
    const attempt = randomUUID();
    this.#attempts.push(attempt);
    return await this.#bbs.command(guid, { type: 'claim', cell_id: cell, epoch, attempt }, { cell, epoch });
  }

  /** A cell learns of a claim, by hint or by its list. */
  async #see(guid: string): Promise<void> {
    const status = await this.#bbs.look(guid);
    const cell = this.#cells.find(({ id }) => id === status?.cell_id);
    if (status?.state !== 'CLAIMED' || cell?.epoch === undefined || !cell.alive || cell.known.has(status.attempt))
      return;
    cell.known.add(status.attempt);
    if (cell.containers.length >= ROOM) {
      const full = { type: 'release', cell_id: cell.id, attempt: status.attempt, code: 'full', reason: '' } as const;
      await this.#bbs.command(guid, full);
      return;
    }
    cell.tries.push({
      cell,
      guid,
      attempt: status.attempt,
      epoch: cell.epoch,
      nonce: randomUUID(),
      phase: 'claimed',
      grantedUnder: 0,
    });
    cell.containers.push({ guid, attempt: status.attempt, ran: false, exit: undefined });
  }

  async #try(command: Extract<Op, { op: 'start' | 'run' | 'complete' | 'release' }>): Promise<void> {
    const tries = this.#cells.flatMap(({ tries: mine }) => mine).filter(({ phase }) => phase !== 'over');
    const chosen = tries[command.t % Math.max(1, tries.length)];
    if (chosen === undefined) return;
    if (command.op === 'run') return this.#run(chosen);
    if (command.op === 'start') return await this.#start(chosen, command.line);
    if (command.op === 'complete') return await this.#complete(chosen, command.ok, command.line);
    if (chosen.phase !== 'claimed') return;
    const { cell, guid, attempt } = chosen;
    const release = { type: 'release', cell_id: cell.id, attempt, code: 'full', reason: '' } as const;
    chosen.phase = 'over';
    drop(chosen);
    await this.#send(command.line, async () => await this.#bbs.command(guid, release));
  }

  async #start(chosen: Try, line: Line): Promise<void> {
    const { cell, guid, attempt, nonce } = chosen;
    if ((chosen.phase !== 'claimed' && chosen.phase !== 'asked') || cell.epoch === undefined) return;
    const epoch = cell.epoch;
    const start = {
      type: 'start',
      cell_id: cell.id,
      epoch,
      attempt,
      nonce,
      image_digest: '',
      limits_in_force: {},
    } as const;
    chosen.phase = 'asked';
    const { code } = await this.#send(line, async () => await this.#bbs.command(guid, start, { cell: cell.id, epoch }));
    if (code === '') {
      chosen.phase = 'permitted';
      chosen.grantedUnder = epoch;
    } else if (code !== 'unavailable' && code !== 'conflict') {
      chosen.phase = 'over';
      drop(chosen);
    }
  }

  /** The one engine start, with everything a rep looks at right before it. */
  #run(chosen: Try): void {
    const { cell, guid, attempt } = chosen;
    const container = cell.containers.find((one) => one.attempt === attempt);
    if (chosen.phase !== 'permitted' || container === undefined || cell.epoch !== chosen.grantedUnder) return;
    chosen.phase = 'running';
    container.ran = true;
    this.#starts.push({ guid, id: randomUUID() });
  }

  async #complete(chosen: Try, ok: boolean, line: Line): Promise<void> {
    if (chosen.phase !== 'running') return;
    const container = chosen.cell.containers.find((one) => one.attempt === chosen.attempt);
    if (container === undefined) return;
    container.exit ??= ending(ok ? 'succeeded' : 'failed');
    await this.#report(chosen.cell, container, container.exit, line);
    if (!chosen.cell.containers.includes(container)) chosen.phase = 'over';
  }

  /** Told until it is heard or known to be in vain; the container stays that long. */
  async #report(cell: Cell, container: Container, end: Ending, line: Line): Promise<void> {
    const { guid, attempt } = container;
    const complete = { type: 'complete', cell_id: cell.id, attempt, ending: end } as const;
    const { code } = await this.#send(line, async () => await this.#bbs.command(guid, complete));
    if (code !== 'unavailable' && code !== 'conflict') cell.containers.splice(cell.containers.indexOf(container), 1);
  }

  #crash(cell: Cell): void {
    cell.alive = false;
    cell.epoch = undefined;
    cell.tries = [];
    cell.known = new Set();
  }

  /** A process begins (or the one that lost its place registers again), and looks after what is there: adoption, not slaughter. */
  async #return(cell: Cell, line: Line, certain = false): Promise<void> {
    if (!cell.alive) {
      cell.former = cell.incarnation;
      cell.incarnation = randomUUID();
    }
    cell.alive = true;
    const replaces = certain ? cell.former : '';
    const register = async () => await this.#bbs.register(cell.id, cell.incarnation, replaces);
    if (line === 'late') this.#late.push(register);
    const epoch = line === 'not sent' || line === 'late' ? undefined : await register();
    if (epoch === undefined || line === 'answer lost') return;
    // Asked for again under the same epoch it is the periodic look.
    const anew = epoch !== cell.epoch;
    cell.epoch = epoch;
    if (anew) this.#epochs.push(epoch);
    // Some leave the list on the way.
    const held = cell.containers.slice();
    for (const container of held) {
      const { guid, attempt } = container;
      const mine = cell.tries.find((one) => one.attempt === attempt && one.phase !== 'over');
      if (mine !== undefined && !anew) continue;
      if (mine !== undefined && mine.phase !== 'running') {
        // Under the new epoch it cannot begin any more; asked or not, its nonce is forgotten.
        mine.phase = 'over';
      }
      if (!container.ran) {
        await this.#report(cell, container, ending('infra_failed'), 'good');
        continue;
      }
      const adopt = { type: 'adopt', cell_id: cell.id, attempt, epoch } as const;
      const { code } = await this.#bbs.command(guid, adopt, { cell: cell.id, epoch });
      if (code !== '' && code !== 'unavailable' && code !== 'conflict') {
        cell.containers.splice(cell.containers.indexOf(container), 1);
        if (mine !== undefined) mine.phase = 'over';
      } else if (mine === undefined) {
        cell.known.add(attempt);
        const nonce = 'adopted';
        cell.tries.push({ cell, guid, attempt, epoch, nonce, phase: 'running', grantedUnder: epoch });
      }
    }
    // What counts as running here and has no container.
    for (let g = 0; g < GUIDS; g += 1) {
      const status = await this.#bbs.look(this.#guid(g));
      if (status?.state !== 'RUNNING' || status.cell_id !== cell.id) continue;
      if (cell.containers.some(({ attempt }) => attempt === status.attempt) || cell.known.has(status.attempt)) continue;
      const missing = {
        type: 'complete',
        cell_id: cell.id,
        attempt: status.attempt,
        ending: ending('infra_failed'),
      } as const;
      await this.#bbs.command(this.#guid(g), missing);
    }
  }

  async #wild({ g, c, a, e, what }: Extract<Op, { op: 'wild' }>): Promise<void> {
    const guid = this.#guid(g);
    const cell = this.#cell(c);
    const attempt = this.#attempts.at(-1 - (a % this.#attempts.length)) ?? 'none';
    const epoch = this.#epochs.at(-1 - (e % this.#epochs.length)) ?? 0;
    const fence = { cell: cell.id, epoch };
    switch (what) {
      case 'usurp':
        // A second process that is wrong about the first one: it lives.
        await this.#bbs.register(cell.id, randomUUID(), cell.incarnation);
        return;
      case 'claim':
        await this.#claim(guid, cell.id, epoch);
        return;
      case 'start': {
        const rest = { image_digest: '', limits_in_force: {} };
        const start = { type: 'start', cell_id: cell.id, epoch, attempt, nonce: randomUUID(), ...rest } as const;
        await this.#bbs.command(guid, start, fence);
        return;
      }
      case 'release':
        await this.#bbs.command(guid, { type: 'release', cell_id: cell.id, attempt, code: 'wild', reason: '' });
        return;
      case 'unclaim':
        // Convergence's own; whoever asks for it holds that the claim is dead.
        await this.#bbs.command(guid, { type: 'unclaim', attempt, reason: 'wild' });
        return;
      case 'adopt':
        await this.#bbs.command(guid, { type: 'adopt', cell_id: cell.id, attempt, epoch }, fence);
        return;
      case 'complete':
        // A late repeat of an ending that nobody waits for any more.
        await this.#bbs.command(guid, { type: 'complete', cell_id: 'nobody', attempt, ending: ending('failed') });
        return;
      case 'lose':
      case 'reject':
        await this.#bbs.command(guid, { type: 'reject', reason: 'wild', never_fits: what === 'lose' });
    }
  }

  /** The last fault is over: every message arrives, every cell comes back and ends what it has, and time goes by. */
  async #end(): Promise<void> {
    for (const call of this.#late.splice(0)) await call();
    for (const cell of this.#cells) {
      this.#crash(cell);
      await this.#bbs.endLease(cell.id);
    }
    for (let round = 0; round < 40; round += 1) {
      for (const cell of this.#cells) {
        // A registration that came late may hold the place; nobody renews its lease, so that time ends it.
        if (cell.epoch === undefined) await this.#bbs.endLease(cell.id);
        await this.#return(cell, 'good');
        for (const one of cell.tries) await this.#complete(one, true, 'good');
      }
      await this.#bbs.pass(60);
      if (this.#cells.every(({ epoch, containers }) => epoch !== undefined && containers.length === 0)) break;
    }
    for (let round = 0; round < 60 && !(await this.#quiet()); round += 1) await this.#bbs.pass(100);
  }

  async #quiet(): Promise<boolean> {
    await this.#bbs.settled();
    for (let g = 0; g < GUIDS; g += 1) {
      const state = (await this.#bbs.look(this.#guid(g)))?.state;
      if (state !== undefined && state !== 'COMPLETED' && state !== 'RESOLVING') return false;
    }
    return true;
  }
}

function drop({ cell, attempt }: Try): void {
  cell.containers = cell.containers.filter((one) => one.attempt !== attempt);
}

function ending(outcome: Ending['outcome']): Ending {
  const failed = outcome !== 'succeeded';
  return {
    outcome,
    failure_reason: failed ? outcome : '',
    failure_code: failed ? outcome : '',
    oom_killed: false,
    result: failed ? '' : randomUUID(),
    result_truncated: false,
    result_bytes: 0,
  };
}

/** The first line of a sealed record tells whose it is. */
function uidOfSealed(value: string): string {
  return (JSON.parse(value.split('\n')[0] ?? '') as { uid: string }).uid;
}
