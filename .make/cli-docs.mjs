#!/usr/bin/env node
// Writes docs/cli.md from the program's own help; with --check, fails when it is not what the program says. Needs dist/ (make build).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { status, stdout, stderr } = spawnSync(process.execPath, [at('dist/src/main.js'), '__reference'], {
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1' },
});
if (status !== 0) {
  process.stderr.write(`${stderr}\nthe program could not tell its help. Run: make build\n`);
  process.exit(1);
}
const file = at('docs/cli.md');
if (!process.argv.includes('--check')) writeFileSync(file, stdout);
else if (readFileSync(file, 'utf8') !== stdout) {
  process.stderr.write('docs/cli.md is not what the program says. Run: make build && node .make/cli-docs.mjs\n');
  process.exit(1);
}
