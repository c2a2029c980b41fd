import { cutUtf8 } from '../text.ts';

/** Diego's longest message. */
export const LINE_MAX_BYTES = 60 * 1_024;

export interface Line {
  readonly text: Buffer;
  /** False: cut for its length, or the output ended without one. */
  readonly newline: boolean;
}

/** Makes lines of the pieces in which a stream arrives. Bytes stay as they are; a line's rest waits for its end. */
export class LineSplitter {
  #held: Buffer = Buffer.alloc(0);

  push(piece: Buffer): Line[] {
    const lines: Line[] = [];
    let bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    // What was held has been searched before.
    let from = this.#held.length;
    for (;;) {
      const end = bytes.indexOf(0x0a, from);
      const line = end < 0 ? bytes : bytes.subarray(0, end);
      // Without its newline a line of exactly the limit is still held: the newline may be the next byte.
      if (line.length > LINE_MAX_BYTES) {
        const text = cutUtf8(line, LINE_MAX_BYTES);
        lines.push({ text, newline: false });
        bytes = bytes.subarray(text.length);
        from = 0;
        continue;
      }
      if (end < 0) break;
      lines.push({ text: line, newline: true });
      bytes = bytes.subarray(end + 1);
      from = 0;
    }
    // A copy, or one held byte would keep a whole piece in memory.
    this.#held = Buffer.from(bytes);
    return lines;
  }

  /** What is left when the stream has ended. */
  end(): Line[] {
    const text = this.#held;
    this.#held = Buffer.alloc(0);
    return text.length === 0 ? [] : [{ text, newline: false }];
  }
}
