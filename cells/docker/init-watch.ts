/**
 * With an init as pid 1 a command that cannot be run is no error of the start call: tini starts, fails to exec, says so on
 * the container's stderr and exits with 127, 126 or 1. This finds that line, keeps it from the user's stderr, and says what happened.
 *
 * The line counts only when it is the only output there is, so a program can at most imitate it about itself.
 */
export class InitWatch {
  /** What could not be run, empty when the command ran. Settles with the first output that is not tini's, or at the end. */
  readonly verdict: Promise<string>;

  #settle: (verdict: string) => void = () => undefined;
  #held: Buffer = Buffer.alloc(0);
  #watching = true;

  constructor() {
    this.verdict = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** A program that prints has been run. Returns what was held of stderr until now. */
  onStdout(): Buffer {
    return this.#pass();
  }

  /** Returns what of it belongs to the user now. */
  onStderr(chunk: Buffer): Buffer {
    if (!this.#watching) return chunk;
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return couldBeInit(this.#held) ? Buffer.alloc(0) : this.#pass();
  }

  /** Returns the rest of stderr. */
  onEnd(): Buffer {
    const match = LINE.exec(this.#held.toString('utf8'));
    if (!this.#watching || match === null) return this.#pass();
    this.#watching = false;
    this.#held = Buffer.alloc(0);
    this.#settle(explain(match[1] ?? '', match[2] ?? ''));
    return this.#held;
  }

  #pass(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#watching = false;
    this.#settle('');
    return held;
  }
}

const PREFIX = Buffer.from('[FATAL tini (');
const LINE = /^\[FATAL tini \(\d+\)\] exec ([\s\S]+) failed: ([^\n]+)\n$/;
/** A path of PATH_MAX and the words around it. */
const LONGEST = 4_096 + 256;

function couldBeInit(held: Buffer): boolean {
  if (held.length > LONGEST) return false;
  const length = Math.min(held.length, PREFIX.length);
  return held.subarray(0, length).equals(PREFIX.subarray(0, length));
}

function explain(command: string, reason: string): string {
  // ENOENT is also what a script gets whose #! line names an interpreter that is not there.
  if (reason === 'No such file or directory') return `command not found: ${command}`;
  if (reason === 'Permission denied') return `command not executable: ${command}: permission denied`;
  return `command cannot be run: ${command}: ${reason}`;
}
