import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of the fault suite `make test` runs the short form (GAVEL_FAULTS unset); these files have none. */
const short = process.env['GAVEL_FAULTS'] !== 'all';
const LONG_FAULTS = ['cut', 'full', 'inside', 'limits', 'outage', 'store', 'weather'].map(
  (name) => `test/faults/${name}.test.ts`,
);

/** Files that measure, stop or sweep the shared engine itself run one at a time, after those that only use it. */
const ALONE = ['docker-faults', 'docker-images', 'docker-usage'].map((name) => `test/engine/${name}.test.ts`);

/** One folder of test/ as a project. */
const project = (name: string, seconds: number, parallel: boolean, order: number, files = {}) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: short ? LONG_FAULTS : [],
    ...files,
    testTimeout: seconds * 1000,
    hookTimeout: Math.max(seconds, 30) * 1000,
    teardownTimeout: 10_000,
    // Waiting longer costs nothing where things go well, and a busy machine is no fault.
    expect: { poll: { timeout: 20_000, interval: 50 } },
    fileParallelism: parallel,
    // Projects run one after another, so that timings of one are not those of all.
    sequence: { groupOrder: order },
  },
});

export default defineConfig({
  root,
  test: {
    root,
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    // A narrowed run (FILES=...) finds nothing in most projects; a whole run that finds nothing fails in test-summary.mjs.
    passWithNoTests: true,
    restoreMocks: true,
    unstubEnvs: true,
    coverage: { include: ['src/**', 'bbs/**', 'cells/**'], reportsDirectory: 'coverage' },
    projects: [
      project('unit', 30, true, 0),
      project('model', 180, true, 1),
      project('contract', 120, true, 2),
      project('integration', 120, true, 3),
      project('engine', 120, true, 4, { exclude: ALONE }),
      project('engine-alone', 120, false, 5, { include: ALONE }),
      project('e2e', 180, true, 6),
      project('faults', 180, true, 7),
      project('soak', 180, false, 8),
    ],
  },
});
