// bench-report.mjs FOLDER NAME...: the results of a whole bench run as bench/report.md, to stdout.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

const [folder, ...names] = process.argv.slice(2);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const number = (value) => (value === null || value === undefined ? '-' : Number(value).toLocaleString('en'));
const spread = (runs) => (runs.length < 2 ? '-' : `${number(Math.min(...runs))} to ${number(Math.max(...runs))}`);

console.log(`# Benchmarks

Written by \`make bench\` at ${new Date().toISOString().slice(0, 16)}Z, commit ${commit}: ${cpus().length} x ${cpus()[0]?.model ?? 'CPU'},
${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)} at the end. Peers ran in the same run, in turns; a ratio is the median of the
rounds' ratios. What each row means, and Diego's figures: docs/performance.md.
`);
for (const name of names) {
  const { rows } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  console.log(`## ${name}\n\n| what | ours | peer | ratio | unit | runs |\n|---|---|---|---|---|---|`);
  for (const { what, ours, peer, ratio, unit, runs } of rows)
    console.log(`| ${what} | ${number(ours)} | ${number(peer)} | ${number(ratio)} | ${unit} | ${spread(runs)} |`);
  console.log();
}
