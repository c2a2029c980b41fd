const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'];

/** `0 B`, `1023 B`, `262.00 KB`, `4.88 GB`: two decimals above bytes, 1,024 to the next unit. For everything that people read. */
export function formatSize(bytes: number): string {
  if (bytes < 1_024) return `${Math.max(0, Math.trunc(bytes))} B`;
  let value = bytes / 1_024;
  let unit = 0;
  // What would be printed as 1024.00 is one of the next.
  while (Number(value.toFixed(2)) >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(2)} ${UNITS[unit]}`;
}
