/** The longest beginning of at most `most` bytes that does not end inside a UTF-8 character. */
export function cutUtf8(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes;
  let end = most;
  // Continuation bytes are 10xxxxxx, at most three of them. Where there are more it is no UTF-8, and any place is as good.
  for (let back = 0; back < 4; back += 1) {
    const byte = bytes[end - back];
    if (byte === undefined || (byte & 0xc0) !== 0x80) {
      end -= back;
      break;
    }
  }
  return bytes.subarray(0, end > 0 ? end : most);
}

/** Text of any bytes, at most `most` bytes long as UTF-8: what is no UTF-8 becomes U+FFFD, which is longer than the byte it stands for. */
export function toText(bytes: Buffer, most: number): { readonly text: string; readonly cut: boolean } {
  const text = cutUtf8(bytes, most).toString('utf8');
  const encoded = Buffer.from(text);
  if (encoded.length <= most) return { text, cut: bytes.length > most };
  return { text: cutUtf8(encoded, most).toString('utf8'), cut: true };
}
