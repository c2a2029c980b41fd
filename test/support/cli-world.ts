import { PassThrough, Writable } from 'node:stream';
import { Interrupts, type Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';

class Captured extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number | undefined;

  constructor(isTTY: boolean, columns?: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** The world of one command line, captured. */
export class CliWorld {
  readonly stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  readonly out: Captured;
  readonly err: Captured;
  readonly interrupts = new Interrupts();
  readonly #env: Record<string, string | undefined>;

  constructor(
    options: { readonly tty?: boolean; readonly columns?: number; readonly env?: Record<string, string> } = {},
  ) {
    const tty = options.tty ?? false;
    this.stdin.isTTY = tty;
    this.out = new Captured(tty, options.columns);
    this.err = new Captured(tty);
    this.#env = options.env ?? {};
  }

  get io(): Io {
    const stdout = this.out as unknown as Io['stdout'];
    return { stdin: this.stdin, stdout, stderr: this.err, env: this.#env, interrupts: this.interrupts };
  }

  async run(...args: readonly string[]): Promise<number> {
    return await runCli(args, this.io);
  }
}
