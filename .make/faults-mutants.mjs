// faults-mutants.mjs [NAME-PART...]: breaks one guard at a time in a copy of the working tree below the system's temporary
// folder, runs the tests that have to notice, and prints which did. Exit status 1 when a mutant lived, or no longer applies.
// A checker that never failed proves nothing (reliability.md 3.2).
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS } from './mutants.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const LIMIT_MS = 180_000;

const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const copy = mkdtempSync(join(tmpdir(), 'gavel-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
for (const file of files.toString().split('\0'))
  if (file !== '' && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(copy, file));
if (!existsSync(join(copy, 'node_modules'))) symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

let bad = 0;
/** A test that is red without any mutant catches nothing. */
for (const test of new Set(chosen.flatMap(({ tests }) => tests))) {
  const failed = await run([test]);
  if (failed === undefined) continue;
  bad += 1;
  console.log(`RED     ${test} fails without any mutant: ${failed}`);
}
const red = bad > 0;
for (const { name, tests, ...patch } of red ? [] : chosen) {
  const before = new Map();
  const stale = [patch, ...(patch.also ?? [])].some(({ file, from, to }) => {
    const text = readFileSync(join(copy, file), 'utf8');
    if (!before.has(file)) before.set(file, text);
    writeFileSync(
      join(copy, file),
      text.replace(from, () => to),
    );
    return text.split(from).length !== 2;
  });
  let failed;
  for (const test of stale ? [] : tests) failed ??= await run([test]);
  for (const [file, text] of before) writeFileSync(join(copy, file), text);
  if (stale || failed === undefined) bad += 1;
  console.log(
    stale ? `STALE   ${name}` : failed === undefined ? `LIVES   ${name}` : `caught  ${name}\n          by ${failed}`,
  );
}
console.log(red ? 'nothing was broken: first make these green' : `${chosen.length - bad} caught, ${bad} not`);
process.exitCode = bad === 0 ? 0 : 1;

/** @returns the first test that failed; undefined when all passed. */
async function run(tests) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--bail=1',
    '--reporter=json',
    `--outputFile=${report}`,
    ...tests,
  ];
  const child = spawn(join(copy, 'node_modules/.bin/vitest'), args, {
    cwd: copy,
    stdio: 'ignore',
    timeout: LIMIT_MS,
  });
  const status = await new Promise((done) => child.once('close', done));
  if (status === 0) return undefined;
  if (!existsSync(report)) return `${tests[0]} (it did not come to its end)`;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  for (const { assertionResults, message } of testResults) {
    const failed = assertionResults.find((one) => one.status === 'failed');
    if (failed !== undefined) return `${tests[0]}: ${failed.fullName}`;
    if (message) return `${tests[0]}: ${message.split('\n')[0]}`;
  }
  return tests[0];
}
