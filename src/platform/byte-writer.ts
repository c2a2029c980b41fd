const ROOM = 64 * 1024;
const MOST_ROOM = 8 * ROOM;
/** In Node strings this short are faster written character by character than by a call into native code. */
const SHORT = 48;
const int64 = new DataView(new ArrayBuffer(8));

/**
 * Protobuf's wire format, straight into bytes. The writer of protobufjs first makes a list of what is to be written, an object for each tag and value, so
 * that it knows every length before it begins; here a length is put in when it is known, and what is behind it moved if it takes more than its one byte.
 * For one message at a time.
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(ROOM);
  #at = 0;

  /** The next message, whatever became of the one before. */
  begin(): void {
    this.#at = 0;
    // One large message is not kept room for.
    if (this.#bytes.length > MOST_ROOM) this.#bytes = Buffer.allocUnsafeSlow(ROOM);
  }

  finish(): Buffer {
    const message = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(message, 0, 0, this.#at);
    return message;
  }

  /** The same as a string of one character for each byte. */
  finishText(): string {
    return this.#bytes.toString('latin1', 0, this.#at);
  }

  /** Begins what is told by its length. @returns what `close` wants. */
  open(): number {
    this.#room(1);
    this.#at += 1;
    return this.#at;
  }

  close(start: number): void {
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = Math.ceil((32 - Math.clz32(length)) / 7) - 1;
    this.#room(more);
    this.#bytes.copyWithin(start + more, start, this.#at);
    this.#at = start - 1;
    this.uint32(length);
    this.#at += length;
  }

  uint32(value: number): void {
    this.#room(5);
    let left = value >>> 0;
    while (left > 0x7f) {
      this.#bytes[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#at++] = left;
  }

  /** Negative ones are written as of 64 bits. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.int64(value);
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  int64(value: number | bigint): void {
    if (typeof value === 'number') this.#varint(value >>> 0, Math.floor(value / 0x1_0000_0000) >>> 0);
    else {
      int64.setBigInt64(0, value);
      this.#varint(int64.getUint32(4), int64.getUint32(0));
    }
  }

  string(text: string): void {
    if (text.length <= SHORT && this.#ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.uint32(length);
    this.#room(length);
    this.#bytes.write(text, this.#at, length, 'utf8');
    this.#at += length;
  }

  bytes(value: Buffer): void {
    this.uint32(value.length);
    this.#room(value.length);
    value.copy(this.#bytes, this.#at);
    this.#at += value.length;
  }

  /** @returns false, with nothing written, when it is more than ASCII. */
  #ascii(text: string): boolean {
    this.#room(SHORT + 1);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = text.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #varint(low: number, high: number): void {
    this.#room(10);
    while (high !== 0 || low > 0x7f) {
      this.#bytes[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#at++] = low;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
