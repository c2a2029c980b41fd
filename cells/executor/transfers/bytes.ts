const UNITS = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];

/** As Diego's log lines print sizes: 1024-based, one decimal, none when it is zero. `12.3M`, `4K`, `0B`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(1).replace(/\.0$/, '')}${UNITS[unit] ?? ''}`;
}
