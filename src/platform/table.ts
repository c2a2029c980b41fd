import { styleText } from 'node:util';
import Table from 'cli-table3';
import { safe } from './format.ts';
import { cutTo, widthOf } from './width.ts';

type Style = Parameters<typeof styleText>[0];

export interface Column<T> {
  readonly title: string;
  readonly value: (item: T) => string;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
  /** Never cut: an id, a time, a state. */
  readonly whole?: boolean;
  readonly style?: (item: T) => Style | undefined;
  /** Stands before the value where the terminal has it. */
  readonly symbol?: (item: T) => string;
}

export interface TableLook {
  /** Undefined = as wide as it is. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Whether it can show more than ASCII. */
  readonly symbols?: boolean;
  /** `wide` shows all columns. */
  readonly format: string;
}

const EDGES = ['top', 'bottom', 'left', 'right', 'mid', 'middle'];
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CROSSINGS = ['left-mid', 'mid-mid', 'right-mid'];
const BARE = Object.fromEntries([...EDGES, ...CORNERS, ...CROSSINGS].map((name) => [name, '']));
const GAP = 2;
const LEAST = 6;

/** Lines of a table without borders. When the terminal is narrow the columns that may be cut give way, the widest first. */
export function tableText<T>(items: readonly T[], all: readonly Column<T>[], look: TableLook): string {
  const columns = all.filter((column) => column.wide !== true || look.format === 'wide');
  const cells = items.map((item) => columns.map((column) => cellText(column, item, look)));
  const rows = fit([columns.map((column) => column.title), ...cells], columns, look.width);
  const table = new Table({ chars: BARE, style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP } });
  rows.forEach((row, at) => {
    const item = items[at - 1];
    table.push(
      row.map((text, column) => {
        const style = item === undefined ? 'bold' : columns[column]?.style?.(item);
        return look.color && style !== undefined && text !== ''
          ? styleText(style, text, { validateStream: false })
          : text;
      }),
    );
  });
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function cellText<T>({ value, symbol }: Column<T>, item: T, { symbols }: TableLook): string {
  const text = safe(value(item));
  return symbols === true && symbol !== undefined && text !== '' ? `${symbol(item)} ${text}` : text;
}

function fit(
  rows: readonly (readonly string[])[],
  columns: readonly { readonly whole?: boolean }[],
  width: number | undefined,
): readonly (readonly string[])[] {
  if (width === undefined) return rows;
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))));
  const least = columns.map(({ whole }, at) =>
    whole === true ? (widths[at] ?? 0) : Math.min(widths[at] ?? 0, Math.max(LEAST, widthOf(rows[0]?.[at] ?? ''))),
  );
  let over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
  while (over > 0) {
    const [widest] = widths
      .map((one, at) => ({ at, give: one - (least[at] ?? 0), one }))
      .filter(({ give }) => give > 0)
      .toSorted((a, b) => b.one - a.one || b.at - a.at);
    // Nothing can give way any more: a line that is broken is better than one that says nothing.
    if (widest === undefined) break;
    widths[widest.at] = widest.one - 1;
    over -= 1;
  }
  return rows.map((row) => row.map((text, at) => cutTo(text, widths[at] ?? 0)));
}
