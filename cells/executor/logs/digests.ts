import { createHash } from 'node:crypto';
import type { LogStream } from './record.ts';

const NEWLINE = Buffer.from('\n');

/** SHA-256 of what is kept of a task's two streams: the bytes that a reader has who puts the lines together again. */
export class StreamDigests {
  readonly #hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') };

  add(stream: LogStream, text: Buffer, newline: boolean): void {
    if (stream === 'system') return;
    const hash = this.#hashes[stream].update(text);
    if (newline) hash.update(NEWLINE);
  }

  /** In hex, once: nothing can be added any more. */
  end(): { readonly stdoutSha256: string; readonly stderrSha256: string } {
    const { stdout, stderr } = this.#hashes;
    return { stdoutSha256: stdout.digest('hex'), stderrSha256: stderr.digest('hex') };
  }
}
