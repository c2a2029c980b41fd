import type { CellIndex, Match, Member } from './cell-index.ts';
import type { Demand, Mismatch, Needs } from './needs.ts';

export interface Refused<T extends Demand = Demand> {
  readonly task: T;
  /** True: no registered cell could take it even when empty. False: it waits. */
  readonly neverFits: boolean;
  /** Diego's text, which clients match. */
  readonly reason: string;
  /** For people: what it waits for, with figures. */
  readonly waitingFor: string;
}

type Resource = 'containers' | 'disk' | 'memory';

/** Judges what one batch left over; what several tasks ask alike is found out once. */
export class Refuser {
  readonly #index: CellIndex;
  readonly #room = new Map<string, Room>();

  constructor(index: CellIndex) {
    this.#index = index;
  }

  refuse<T extends Demand>(task: T): Refused<T> {
    const index = this.#index;
    if (index.size === 0) return waits(task, 'unable to communicate to compatible cells', 'no cell is registered');
    const match = index.match(task.needs);
    if (match.mismatch !== undefined) return never(task, mismatchText(match.mismatch, task.needs));
    const lacking = lackingEvenEmpty(match, task);
    if (lacking !== undefined) return never(task, insufficient(lacking));
    const room = this.#roomOf(task.needs, match);
    if (room.open === 0) return waits(task, 'unable to communicate to compatible cells', room.absence());
    const short = room.shortOf(task);
    return waits(task, insufficient(short.problems), short.text);
  }

  #roomOf(needs: Needs, match: Match): Room {
    let room = this.#room.get(needs.key);
    if (room === undefined) {
      room = new Room(match);
      this.#room.set(needs.key, room);
    }
    return room;
  }
}

/** The most that any one open compatible cell has of each thing, and which cell that is. */
class Room {
  open = 0;
  #closed = 0;
  #absent = 0;
  #memory: Member | undefined;
  #disk: Member | undefined;
  #containers: Member | undefined;

  constructor(match: Match) {
    for (const group of match.groups) {
      for (const member of group.members) {
        if (member !== undefined) this.#count(member);
      }
    }
  }

  #count(member: Member): void {
    const { standing } = member.cell;
    if (standing === 'closed') this.#closed += 1;
    if (standing === 'absent') this.#absent += 1;
    if (standing !== 'open') return;
    this.open += 1;
    this.#memory = more(this.#memory, member, 'memory');
    this.#disk = more(this.#disk, member, 'disk');
    this.#containers = more(this.#containers, member, 'containers');
  }

  absence(): string {
    const parts: string[] = [];
    if (this.#absent > 0) parts.push(`${this.#absent} not connected`);
    if (this.#closed > 0) parts.push(`${this.#closed} taking no new work`);
    return `no compatible cell can take work: ${parts.join(', ')}`;
  }

  /** The problems that every compatible cell has, as Diego tells them. */
  shortOf(task: Demand): { problems: Resource[]; text: string } {
    const problems: Resource[] = [];
    const texts: string[] = [];
    const { memoryMb, diskMb } = task;
    const [c, d, m] = [this.#containers, this.#disk, this.#memory];
    if (c !== undefined && c.containers < 1) {
      problems.push('containers');
      texts.push('containers: no compatible cell has one free');
    }
    if (d !== undefined && d.disk < diskMb) {
      problems.push('disk');
      texts.push(`disk: ${diskMb} MB asked, most free on a compatible cell ${d.disk} MB (${d.cell.id})`);
    }
    if (m !== undefined && m.memory < memoryMb) {
      problems.push('memory');
      texts.push(`memory: ${memoryMb} MB asked, most free on a compatible cell ${m.memory} MB (${m.cell.id})`);
    }
    if (texts.length === 0) {
      texts.push(`no single compatible cell has memory ${memoryMb} MB, disk ${diskMb} MB and a container free at once`);
    }
    return { problems, text: texts.join('; ') };
  }
}

function more(most: Member | undefined, member: Member, what: Resource): Member {
  if (most === undefined || member[what] > most[what]) return member;
  return member[what] === most[what] && member.cell.id < most.cell.id ? member : most;
}

function never<T extends Demand>(task: T, reason: string): Refused<T> {
  return { task, neverFits: true, reason, waitingFor: '' };
}

function waits<T extends Demand>(task: T, reason: string, waitingFor: string): Refused<T> {
  return { task, neverFits: false, reason, waitingFor };
}

/** Undefined when some compatible cell could take it empty; else the problems common to all of them. */
function lackingEvenEmpty(match: Match, task: Demand): Resource[] | undefined {
  const lacking = { containers: true, disk: true, memory: true };
  for (const group of match.groups) {
    for (const { capacity } of group.sizes.values()) {
      const containers = capacity.containers < 1;
      const disk = capacity.diskMb < task.diskMb;
      const memory = capacity.memoryMb < task.memoryMb;
      if (!containers && !disk && !memory) return undefined;
      lacking.containers &&= containers;
      lacking.disk &&= disk;
      lacking.memory &&= memory;
    }
  }
  return (['containers', 'disk', 'memory'] as const).filter((what) => lacking[what]);
}

function insufficient(problems: readonly Resource[]): string {
  return problems.length === 0 ? 'insufficient resources' : `insufficient resources: ${problems.join(', ')}`;
}

export function mismatchText(mismatch: Mismatch, needs: Needs): string {
  if (mismatch === 'stack') return `found no compatible cell for required stack ${JSON.stringify(needs.stack)}`;
  if (mismatch === 'rootfs') return 'found no compatible cell for required rootfs';
  return `found no compatible cell with ${tagsText(needs.tags)}`;
}

function tagsText(tags: readonly string[]): string {
  const quoted = tags.map((tag) => `"${tag}"`);
  if (quoted.length === 0) return 'no placement tags';
  if (quoted.length === 1) return `placement tag ${quoted[0]}`;
  return `placement tags ${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
