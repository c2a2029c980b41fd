const ROOM = 64 * 1024;
const MOST_ROOM = 8 * ROOM;
const wide = new DataView(new ArrayBuffer(8));

/** Protobuf's wire format out of a string of one character for each byte, as byte-writer.ts makes it. For one message at a time. */
export class ByteReader {
  #bytes = Buffer.allocUnsafeSlow(ROOM);
  #at = 0;
  #end = 0;
  /** Of the number that was read last: its upper half. */
  #high = 0;

  begin(text: string): void {
    if (text.length > this.#bytes.length || this.#bytes.length > MOST_ROOM)
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(ROOM, text.length));
    this.#end = this.#bytes.write(text, 0, text.length, 'latin1');
    this.#at = 0;
  }

  get at(): number {
    return this.#at;
  }

  get end(): number {
    return this.#end;
  }

  /** Where what is told by its length, and begins here, ends. */
  until(): number {
    return this.uint32() + this.#at;
  }

  uint32(): number {
    return this.#low() >>> 0;
  }

  int32(): number {
    return this.#low() | 0;
  }

  bool(): boolean {
    return this.#low() !== 0;
  }

  int64(): number {
    const low = this.#low() >>> 0;
    return (this.#high | 0) * 0x1_0000_0000 + low;
  }

  bigint(): bigint {
    wide.setUint32(4, this.#low());
    wide.setUint32(0, this.#high);
    return wide.getBigInt64(0);
  }

  string(): string {
    const end = this.until();
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  /** A number's lower half. */
  #low(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < this.#end ? (this.#bytes[this.#at++] ?? 0) : 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    this.#high = high;
    return low;
  }
}
