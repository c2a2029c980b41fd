import { afterAll, beforeAll, expect } from 'vitest';
import { TaskClient } from '../../src/client/index.ts';
import { CliWorld } from './cli-world.ts';
import { requireEngine } from './engine.ts';
import { startSystem, type TestSystem } from './system.ts';

/* What the tests of the operator's rows (design/operator.md) have in common: a system on the real engine, its client, its command line. */

export const IMAGE = 'preloaded:busybox';
export const LONG = { timeout: 30_000 };
/** Never placed: no cell has this stack now, and it is not known to be hopeless because it is ended before. */
export const TOO_LARGE_NOW = { memory_mb: 1_000 };

export const spec = (script: string, over: object = {}) => ({
  domain: 'rows',
  root_fs: IMAGE,
  memory_mb: 16,
  action: { run: { path: '/bin/sh', args: ['-c', script] } },
  ...over,
});

/** Starts one system for all tests of the file that calls it. */
export function operatorsSystem() {
  let system: TestSystem;
  let client: TaskClient;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { 'cell-1': { allowExec: true } } });
    client = new TaskClient({ endpoint: system.bbs.address });
  }, 120_000);
  afterAll(async () => {
    client.close();
    await system.stop();
  }, 60_000);

  const env = () => ({ GAVEL_SERVER: system.bbs.address, NO_COLOR: '1' });
  /** A command line that goes on. */
  const going = (...args: readonly string[]) => {
    const cli = new CliWorld({ env: env() });
    return { cli, ended: cli.run(...args) };
  };
  return {
    get system() {
      return system;
    },
    get client() {
      return client;
    },
    env,
    going,
    gavel: async (...args: readonly string[]) => {
      const { cli, ended } = going(...args);
      const code = await ended;
      return { code, out: cli.out.text, err: cli.err.text };
    },
    submit: async (script: string, over: object = {}) => await client.tasks.run(spec(script, over)),
    running: async (id: string) =>
      await expect.poll(async () => (await client.task(id).info()).state, LONG).toBe('RUNNING'),
  };
}
