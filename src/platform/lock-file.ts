import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { DomainError } from '../domain/errors.ts';

export interface Lock {
  /** The note of the owner before, where it is certain that its process is gone; undefined = nobody left one, or it cannot be told. */
  readonly inherited: string | undefined;
  readonly release: () => void;
}

/**
 * Keeps a second process away from files that only one may use.
 * @param what they are, with their path, for the message.
 * @param note for the owner after us, without spaces.
 * @throws DomainError `unavailable` when a living process holds it.
 */
export function acquireLock(file: string, what: string, note = '-'): Lock {
  const mine = `${process.pid} ${startOf(process.pid) ?? '-'} ${namespace() ?? '-'} ${note}`;
  let inherited: string | undefined;
  // Twice: once more after a dead owner's file was put aside.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return { inherited, release: () => unlinkIfPresent(file) };
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const owner = readIfPresent(file);
    if (owner !== undefined && isAlive(owner)) throw refused(what, owner);
    inherited = owner === undefined ? undefined : noteOfDead(owner);
    putAside(file, owner);
  }
  throw refused(what, readIfPresent(file) ?? 'unknown');
}

/**
 * Only of an owner that would be seen here if it lived: of another machine, or of another container, the same folder may be in use
 * by a process that nobody here can see.
 */
function noteOfDead(owner: string): string | undefined {
  const [, start = '-', itsNamespace, note] = owner.split(' ');
  const boot = startOf(process.pid)?.split(':')[0];
  return boot !== undefined && start.split(':')[0] === boot && itsNamespace === namespace() ? note : undefined;
}

function refused(what: string, owner: string): DomainError {
  return new DomainError('unavailable', `${what} is in use by process ${owner.split(' ')[0]}; only one may open it`);
}

/** Renamed before it is removed, so that of two processes that both saw the dead owner only one takes its file away. */
function putAside(file: string, seen: string | undefined): void {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  // The other one was faster and this is its new lock: give it back.
  if (readIfPresent(aside) !== seen) renameSync(aside, file);
  else unlinkIfPresent(aside);
}

/** A process with that pid lives, and it began when the owner did: pids come again, after a reboot and in containers. */
function isAlive(owner: string): boolean {
  const [pidText = '', start = '-'] = owner.split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isCode(error, 'EPERM')) return false;
  }
  return start === '-' || (startOf(pid) ?? '-') === start;
}

/** When a process began, as this boot of the machine counts it. Undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; the start time is the 20th field behind it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : `${boot}:${ticks}`;
  } catch {
    return undefined;
  }
}

/** Within which process numbers mean the same. Undefined where there is no /proc. */
function namespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function unlinkIfPresent(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
