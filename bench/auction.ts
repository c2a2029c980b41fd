/**
 * Placement speed, evenness and packing on the workload of auction-workload.ts, beside a scheduler that scans all cells.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/auction.js
 */
import { place } from '../src/auction/auction.ts';
import { CellIndex } from '../src/auction/cell-index.ts';
import { type Demand, needsOf } from '../src/auction/needs.ts';
import type { Policy } from '../src/auction/score.ts';
import { peerCells, scanAllCells } from './auction-peer.ts';
import { packWorkload, spreadWorkload, type Workload } from './auction-workload.ts';

interface Row {
  readonly what: string;
  readonly cells: number;
  readonly tasks: number;
  /** Placements per second, median of the runs. */
  readonly ours: number;
  readonly peer: number;
  readonly runs: readonly number[];
  /** Standard deviation of memory use over cells, in points of a hundred. */
  readonly evenness: number;
  readonly peerEvenness: number;
  readonly unplaced: number;
}

/** Diego's own scheduler on the same workload, placements/s by cells (Go 1.23, another run on this class of machine). */
const DIEGO: Readonly<Record<string, number>> = {
  'spread 10': 178_000,
  'spread 100': 43_000,
  'spread 1000': 3_640,
  'spread 5000': 468,
};

/** The peer's cost is cells x tasks: it gets as many tasks as it can do in about a second. */
const PEER_PAIRS = 2e7;
const RUNS = 5;

export function buildIndex(workload: Workload, policy: Policy): CellIndex {
  const index = new CellIndex(policy);
  for (const cell of workload.cells) {
    const names = cell.stacks.map((stack) => `stack${stack}`);
    const capacity = { memoryMb: cell.memoryMb, diskMb: cell.diskMb, containers: cell.containers };
    index.upsert({
      id: cell.id,
      epoch: '1',
      offer: {
        stacks: names,
        preloadedRootfs: names,
        rootfsSchemes: ['docker'],
        placementTags: [],
        optionalPlacementTags: [],
        capacity,
      },
      free: capacity,
      cpuWeight: 0,
      standing: 'open',
    });
  }
  return index;
}

export function demands(workload: Workload): Demand[] {
  return workload.tasks.map(({ guid, stack, memoryMb, diskMb }) => {
    const needs = needsOf(`stack${stack}`, `preloaded:stack${stack}`, []);
    return { guid, uid: guid, needs, memoryMb, diskMb, cpuWeight: 0 };
  });
}

function measure(what: string, workload: Workload, policy: Policy): Row {
  const runs: number[] = [];
  let evenness = 0;
  let unplaced = 0;
  for (let run = 0; run < RUNS; run++) {
    const index = buildIndex(workload, policy);
    const begun = performance.now();
    const verdicts = place(demands(workload), index);
    runs.push((workload.tasks.length / (performance.now() - begun)) * 1000);
    unplaced = verdicts.refused.length;
    check(workload, verdicts.placed.length + unplaced, index);
    evenness = deviation([...index.cells()].map((m) => 1 - m.memory / m.scale.capacity.memoryMb));
  }
  const cells = peerCells(workload);
  const limit = Math.min(workload.tasks.length, Math.ceil(PEER_PAIRS / cells.length));
  const begun = performance.now();
  scanAllCells(cells, workload, limit);
  const peer = (limit / (performance.now() - begun)) * 1000;
  const peerEvenness =
    limit === workload.tasks.length ? deviation(cells.map((c) => 1 - c.freeMemory / c.memoryMb)) : Number.NaN;
  return {
    what,
    cells: cells.length,
    tasks: workload.tasks.length,
    ours: median(runs),
    peer,
    runs: runs.map(Math.round),
    evenness,
    peerEvenness,
    unplaced,
  };
}

/** Every task is accounted for, and no cell holds more than it has. */
function check(workload: Workload, judged: number, index: CellIndex): void {
  if (judged !== workload.tasks.length) throw new Error(`${judged} verdicts for ${workload.tasks.length} tasks`);
  for (const { cell, memory, disk, containers } of index.cells()) {
    if (memory < 0 || disk < 0 || containers < 0) throw new Error(`${cell.id} is overcommitted`);
  }
}

function deviation(shares: readonly number[]): number {
  const mean = shares.reduce((sum, x) => sum + x, 0) / shares.length;
  return 100 * Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / shares.length);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(rows: readonly Row[]): void {
  const head = [
    'workload',
    'cells',
    'tasks',
    'placed/s',
    'scan-all/s',
    'ratio',
    'Diego/s',
    'std dev',
    'scan-all',
    'unplaced',
  ];
  const lines = rows.map((row) => [
    row.what,
    String(row.cells),
    String(row.tasks),
    String(Math.round(row.ours)),
    String(Math.round(row.peer)),
    (row.ours / row.peer).toFixed(1),
    String(DIEGO[`${row.what} ${row.cells}`] ?? '-'),
    row.evenness.toFixed(2),
    Number.isNaN(row.peerEvenness) ? '-' : row.peerEvenness.toFixed(2),
    String(row.unplaced),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of [head, ...lines]) console.log(line.map((text, i) => text.padStart(widths[i] ?? 0)).join('  '));
}

function main(): void {
  measure('warm-up', spreadWorkload(1000, 20_000), 'spread');
  measure('warm-up', packWorkload(100, 99), 'binpack');
  const rows = [
    ...[10, 100, 1000, 5000, 10_000].map((n) => measure('spread', spreadWorkload(n, 50_000), 'spread')),
    measure('spread, 10,000', spreadWorkload(1000, 10_000), 'spread'),
    measure('binpack', spreadWorkload(1000, 50_000), 'binpack'),
    ...[10, 100, 1000].flatMap((n) => [90, 99].map((pct) => measure(`pack ${pct} %`, packWorkload(n, pct), 'spread'))),
    ...[100, 1000].map((n) => measure('binpack 99 %', packWorkload(n, 99), 'binpack')),
  ];
  print(rows);
  const last = {
    name: 'auction',
    rows: rows.map((row) => ({
      what:
        row.what === 'spread'
          ? `placements/s at ${row.cells} cells`
          : `${row.what}, ${row.cells} cells, ${row.tasks} tasks`,
      ours: Math.round(row.ours),
      peer: Math.round(row.peer),
      ratio: Number((row.ours / row.peer).toFixed(2)),
      unit: 'placements/s',
      runs: row.runs,
      unplaced: row.unplaced,
      stdDevPoints: Number(row.evenness.toFixed(3)),
    })),
  };
  console.log(JSON.stringify(last));
}

main();
