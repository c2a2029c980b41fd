const wide = new DataView(new ArrayBuffer(8));

/** Protobuf's wire format out of a string of one character for each byte, as byte-writer.ts makes it. For one message at a time. */
export class ByteReader {
  #text = '';
  #at = 0;
  /** Of the number that was read last: its upper half. */
  #high = 0;

  begin(text: string): void {
    this.#text = text;
    this.#at = 0;
  }

  get at(): number {
    return this.#at;
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
    const start = this.#at;
    this.#at = end;
    const bytes = this.#text.slice(start, end);
    // ASCII is what it is; a piece of the whole, so nothing is copied.
    for (let index = 0; index < bytes.length; index += 1)
      if (bytes.charCodeAt(index) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8');
    return bytes;
  }

  /** A number's lower half. */
  #low(): number {
    const first = this.#text.charCodeAt(this.#at++);
    this.#high = 0;
    if (first < 0x80) return first;
    let low = first & 0x7f;
    let high = 0;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#text.charCodeAt(this.#at++);
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (!(byte >= 0x80)) break;
    }
    this.#high = high;
    return low;
  }
}
