// test-summary.mjs REPORT EXIT_STATUS: closes a test run with one line, `N passed, N failed`, counted from vitest's report.
// Exit status 1 on any failure, also when nothing ran. A file that could not be loaded, and an error outside any test, are
// failures that vitest's own count of tests does not hold. Before it stand the failures, a few words each: where only the end of
// the output is kept, they are what one has.
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const [path, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
const failures = [];
const note = (name, message) => {
  // The first line says what was seen; the rest is a diff and a stack, which the log has. Colours only cost room.
  const words = stripVTControlCharacters(String(message ?? ''))
    .split('\n    at ')[0]
    .replaceAll(/\s+/g, ' ');
  failures.push(`${name}: ${words.slice(0, 250)}`);
};
try {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') {
        failed += 1;
        note(`${relative(process.cwd(), file.name)} > ${test.title}`, test.failureMessages[0]);
      } else skipped += 1;
    }
    if (file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed')) {
      failed += 1;
      note(relative(process.cwd(), file.name), file.message || 'failed outside its tests');
    }
  }
} catch (error) {
  console.error(`vitest left no report at ${path} (exit status ${status}): ${error.message}`);
}
if (failed === 0 && status !== '0') {
  failed = 1;
  console.error(`vitest ended with status ${status}, though no test failed: counted as one failure`);
}
if (skipped > 0) console.log(`${skipped} skipped`);
if (passed + failed === 0) console.error('no test ran');
const lines = [...failures.map((failure) => `FAILED ${failure}`), `${passed} passed, ${failed} failed`].join('\n');
writeFileSync('.run/test-summary', `${lines}\n`);
console.log(lines);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
