import { constants } from 'node:os';
import type { OutputFilter, Passed } from './streams.ts';

/** What the helper says of the process it is about to become. */
export interface ExecBirth {
  /** Its pid inside the container, which is also its session. Undefined: it never came to be. */
  readonly pid: number | undefined;
  /** How many processes of the container were killed for memory before it. */
  readonly ooms: number | undefined;
}

/**
 * Takes the helper's words (helper/helper.c) out of the beginning of stderr, and the engine's words out of the output of a process
 * that it could not start. The two sides are not in order with each other, so stdout waits until the helper has spoken.
 */
export class ExecWatch implements OutputFilter {
  readonly birth: Promise<ExecBirth>;
  /** Why nothing ran, empty when it did. Settles with the first output, or at the end. */
  readonly verdict: Promise<string>;
  /** Whether the helper is there to take a command; false when something else spoke first. */
  readonly ready: Promise<boolean>;
  /** What the user calls the command. */
  path: string;
  #readied: (ready: boolean) => void = () => undefined;
  #born: (birth: ExecBirth) => void = () => undefined;
  #judge: (verdict: string) => void = () => undefined;
  #phase: 'before' | 'begun' | 'passing' = 'before';
  #ooms: number | undefined;
  #stdout: Buffer[] = [];
  #stdoutBytes = 0;
  #stderr = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
    this.ready = new Promise((resolve) => {
      this.#readied = resolve;
    });
    this.birth = new Promise((resolve) => {
      this.#born = resolve;
    });
    this.verdict = new Promise((resolve) => {
      this.#judge = resolve;
    });
  }

  stdout(bytes: Buffer): Passed {
    if (this.#phase === 'passing') return { stdout: bytes };
    this.#stdout.push(bytes);
    this.#stdoutBytes += bytes.length;
    if (this.#phase === 'before' && this.#stdoutBytes < HOLD_BYTES) return {};
    return this.#pass();
  }

  stderr(bytes: Buffer): Passed {
    if (this.#phase === 'passing') return { stderr: bytes };
    this.#stderr = Buffer.concat([this.#stderr, bytes]);
    if (this.#phase === 'before') this.#listen();
    if (this.#phase === 'before' && couldBeOurs(this.#stderr)) return {};
    // It has begun, or somebody else speaks: only a last word of the helper is still held back.
    if (this.#phase === 'begun' && this.#stdoutBytes === 0 && couldBeOurs(this.#stderr)) return {};
    return this.#pass();
  }

  end(): Passed {
    if (this.#phase === 'before') {
      this.#phase = 'passing';
      this.#readied(false);
      this.#born({ pid: undefined, ooms: undefined });
      this.#judge(engineVerdict(Buffer.concat([...this.#stdout, this.#stderr]).toString('utf8')));
      return {};
    }
    const last = LINE.exec(this.#stderr.toString('latin1'));
    if (this.#phase === 'begun' && last !== null && last[0].length === this.#stderr.length) {
      this.#phase = 'passing';
      this.#judge(helperVerdict(this.path, last[1] ?? '', Number(last[2])));
      return {};
    }
    return this.#pass();
  }

  /** Reads whole lines of the helper up to the one with the pid, after which the process is the user's. */
  #listen(): void {
    for (;;) {
      const match = LINE.exec(this.#stderr.subarray(0, LONGEST).toString('latin1'));
      if (match === null) return;
      this.#stderr = this.#stderr.subarray(match[0].length);
      if (match[1] === 'ready') this.#readied(true);
      if (match[1] === 'ooms') this.#ooms = Number(match[2]);
      if (match[1] !== 'pid') continue;
      this.#phase = 'begun';
      this.#born({ pid: Number(match[2]), ooms: this.#ooms });
      return;
    }
  }

  #pass(): Passed {
    const passed = { stdout: Buffer.concat(this.#stdout), stderr: this.#stderr };
    this.#phase = 'passing';
    this.#stdout = [];
    this.#stderr = Buffer.alloc(0);
    this.#readied(false);
    this.#born({ pid: undefined, ooms: undefined });
    this.#judge('');
    return passed;
  }
}

/**
 * The helper speaks before there is any stdout, but the engine copies the two sides apart: on a busy machine hundreds of KB of
 * stdout came first. Passed on before its time, the helper's words would be in the user's stderr, and the pid unknown.
 */
const HOLD_BYTES = 16 * 1_024 * 1_024;
const PREFIX = Buffer.from('\u0001gavel ');
// oxlint-disable-next-line no-control-regex
const LINE = /^\u0001gavel ([a-z]+) (\d+)\n/;
const LONGEST = 64;

function couldBeOurs(held: Buffer): boolean {
  if (held.length > LONGEST) return false;
  const length = Math.min(held.length, PREFIX.length);
  return held.subarray(0, length).equals(PREFIX.subarray(0, length));
}

function helperVerdict(path: string, word: string, errno: number): string {
  const name = systemName(errno);
  if (word === 'nofile') return `the limit of open files cannot be set: ${name}`;
  // ENOENT is also what a script gets whose #! line names an interpreter that is not there.
  if (name === 'ENOENT') return `command not found: ${path}`;
  if (name === 'EACCES') return `command not executable: ${path}: permission denied`;
  if (name === 'ENOEXEC') return `command cannot be run: ${path}: exec format error`;
  return `command cannot be run: ${path}: ${name}`;
}

function systemName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`;
}

/** The engine writes why it could not start a process to the process's own output. */
function engineVerdict(words: string): string {
  const text = words.trim();
  const user = /unable to find (user|group) (.+?): no matching entries/.exec(text);
  if (user !== null) return `${user[1] ?? 'user'} "${user[2] ?? ''}" is not in the image`;
  const folder = /chdir to cwd \("(.*)"\).* failed: (.*?)(: unknown)?$/.exec(text);
  if (folder !== null) return `cannot change to the directory ${folder[1] ?? ''}: ${folder[2] ?? ''}`;
  return text === '' ? 'the container engine did not start the process and does not say why' : text;
}
