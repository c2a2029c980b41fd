/** The 32 or 128 bits of an address and their count, or undefined when it is none. */
function parseAddress(text: string): { bits: bigint; size: 32 | 128 } | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split('.').map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return { bits: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n), size: 32 };
  }
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const groups = (half: string | undefined) => (half === undefined || half === '' ? [] : half.split(':'));
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { bits: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n), size: 128 };
}

/** Whether a text is an address, a CIDR block, or a range `a-b` of one family with a not above b. */
export function checkAddress(text: string): boolean {
  const range = text.split('-');
  if (range.length === 2) {
    const [from, to] = range.map(parseAddress);
    return from !== undefined && to !== undefined && from.size === to.size && from.bits <= to.bits;
  }
  const [address, prefix, extra] = text.split('/');
  const parsed = parseAddress(address ?? '');
  if (parsed === undefined || extra !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= parsed.size);
}
