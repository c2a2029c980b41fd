import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InterruptedError, TaskClient } from '../../src/client/index.ts';
import { IMAGE, LONG, operatorsSystem, TOO_LARGE_NOW } from '../support/operator.ts';
import { onTerminal } from '../support/pty.ts';

/* The promises of Inductiva's client (I), row by row of design/operator.md, on real parts and a real engine. */

const world = operatorsSystem();
const { env, gavel, submit, running } = world;

describe('Inductiva', () => {
  it('I1 I2 I3 I5 a submit answers at once; any session has the task by its id, and its status', async () => {
    const began = performance.now();
    const task = await submit('sleep 30');
    expect(performance.now() - began).toBeLessThan(25_000);
    const again = new TaskClient({ endpoint: world.system.bbs.address });
    expect((await again.task(task.id).getStatus()).state).toMatch(/PENDING|CLAIMED|RUNNING/);
    expect((await gavel('tasks', 'status', task.id)).out).toMatch(/^(PENDING|CLAIMED|RUNNING)\n$/);
    await again.task(task.id).kill();
    again.close();
  });

  it('I6 I7 machine type and computation time, in all stages', async () => {
    const task = await submit('sleep 2', { stack: 'lucid64' });
    expect(await task.getMachineType()).toMatch(/^lucid64-\d+mb$/);
    await task.wait({ timeoutMs: 60_000 });
    expect(await task.getMachineType()).toBe('lucid64-1024mb');
    expect(await task.getComputationTime()).toMatch(/^00:00:0[1-9]$/);
    expect(await task.totalTime()).toMatch(/^00:00:[0-5]\d$/);
  });

  it('I4 every word of theirs is understood', async () => {
    for (const word of ['pending input', 'submitted', 'started', 'success', 'failed', 'pending-kill', 'killed'])
      expect((await gavel('tasks', '--state', word)).code).toBe(0);
  });

  it('I14 I18 wait answers the final status, its events arrive on the way', async () => {
    const states: string[] = [];
    const task = await submit('true');
    const ended = await task.wait({ timeoutMs: 60_000, onEvent: (event) => states.push(event.task.state) });
    expect(ended.outcome).toBe('succeeded');
    expect(states.at(-1)).toBe('COMPLETED');
  });

  it('I16 I17 I22 I23 kill asks, sends its request, tells with --wait that the container is gone', async () => {
    const task = await submit('sleep 60');
    await running(task.id);
    const question = 'Are you sure you want to proceed (y/[N])? ';
    const { screen, code } = await onTerminal(['tasks', 'kill', task.id, '--wait', '-q'], {
      columns: 80,
      env: env(),
      steps: [[question, 'y\n']],
    });
    expect(code).toBe(0);
    expect(screen).toContain(`You are about to kill the following tasks:\n  - ${task.id}\n${question}y\n`);
    expect(screen).toContain(`Successfully sent kill request for task ${task.id}.\n`);
    expect(screen).toMatch(new RegExp(`Task ${task.id} stopped after \\d+\\.\\ds\\n`));
    expect((await gavel('tasks', 'kill', task.id, '-y')).code).toBe(4);
  });

  it('I8 I9 I10 I12 I13 I15 the outputs: a table with sizes, both streams always, and the files themselves', async () => {
    const task = await submit('mkdir -p /tmp/vtk/deep; seq 1 2000 > /tmp/vtk/deep/a.txt', { outputs: ['/tmp/vtk'] });
    await task.wait({ timeoutMs: 60_000 });
    const info = await task.getOutputFilesInfo();
    const size = Array.from({ length: 2_000 }, (_, at) => `${at + 1}\n`).join('').length;
    expect(info.files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'tmp/vtk/deep/a.txt']);
    expect(info.files.at(-1)?.size).toBe(size);
    const { out } = await gavel('tasks', 'outputs', task.id);
    expect(out).toBe(`${String(info)}\n`);
    expect(inspect(info)).toBe(String(info));
    expect(out).toMatch(/^Archive size: \d+\.\d\d KB\nContents:\n {2}Size +Compressed +Name\n {2}0 B /);
    expect(out).toMatch(/^ {2}8\.68 KB +\d\.\d\d KB +tmp\/vtk\/deep\/a\.txt$/m);
    const folder = mkdtempSync(join(tmpdir(), 'gavel-rows-'));
    try {
      expect((await gavel('task', 'download', task.id, 'tmp/vtk', '--to', folder)).code).toBe(0);
      expect(readFileSync(join(folder, 'tmp/vtk/deep/a.txt'), 'utf8')).toHaveLength(size);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('I24 an input is uploaded before the task is placed; without it the task waits, and expires', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gavel-input-'));
    try {
      mkdirSync(join(folder, 'deep'));
      writeFileSync(join(folder, 'deep', 'a.txt'), 'simulate this\n');
      writeFileSync(join(folder, 'empty'), '');
      // More than one piece, and none that packs well.
      writeFileSync(join(folder, 'mesh.bin'), randomBytes(1_300_000));
      const look = ['sh', '-c', 'cat /input/deep/a.txt; wc -c < /input/mesh.bin; ls -A /input'];
      const ran = await gavel('run', IMAGE, '--input', folder, '--', ...look);
      expect(ran).toMatchObject({ code: 0, out: 'simulate this\n1300000\ndeep\nempty\nmesh.bin\n' });

      const held = await submit('cat /in/x/empty && cat /in/x/deep/a.txt', { input_dir: '/in/x' });
      expect((await held.info()).waiting_for).toBe('awaiting_input: the upload of its input');
      expect((await gavel('tasks', '--state', 'pending input', '-o', 'name')).out).toContain(held.id);
      // One that breaks off releases nothing.
      const gone = new AbortController();
      const cut = held.upload(folder, { signal: gone.signal, onProgress: () => gone.abort() });
      await expect(cut).rejects.toMatchObject({ code: 'cancelled' });
      expect((await held.info()).waiting_for).toMatch(/^awaiting_input/);
      expect((await gavel('task', 'upload', held.id, folder)).out).toBe(`Task ${held.number} has its input\n`);
      expect((await held.wait({ timeoutMs: 60_000 })).outcome).toBe('succeeded');
      await expect(held.upload(folder)).rejects.toMatchObject({ code: 'invalid_transition' });

      const late = await submit('true', { input_dir: '/in', placement_deadline: '1s' });
      expect(await late.wait({ timeoutMs: 60_000 })).toMatchObject({
        outcome: 'unplaced',
        failure_reason: 'not started within time limit: its input was not uploaded',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('I19 I20 I21 in a context an interrupt or an exception kills the task; outside nothing does', async () => {
    const listener = () => {};
    process.on('SIGINT', listener);
    try {
      const held = await submit('sleep 60');
      const inside = held.syncContext(async (task) => await task.wait());
      const caught = inside.catch((error: unknown) => error);
      await running(held.id);
      process.emit('SIGINT');
      expect(await caught).toBeInstanceOf(InterruptedError);
      expect(await held.info()).toMatchObject({ outcome: 'cancelled' });
      expect((await held.info()).failure_reason).toMatch(
        /^task was cancelled: its client .+ was interrupted \(SIGINT\)$/,
      );
      const failing = await submit('sleep 60');
      const thrown = failing.syncContext(async () => {
        throw new Error('no more');
      });
      await expect(thrown).rejects.toThrow('no more');
      expect((await failing.info()).outcome).toBe('cancelled');
      const free = await submit('sleep 60');
      await free.syncContext(async () => {});
      expect((await free.info()).failed).toBe(false);
      await free.kill();
    } finally {
      process.removeListener('SIGINT', listener);
    }
  });

  it('I25 explain tells the place in the queue and why; a dry run that does not fit answers 9', async () => {
    const big = await submit('sleep 60', { memory_mb: 900 });
    await running(big.id);
    const queued = await submit('true', TOO_LARGE_NOW);
    await expect.poll(async () => (await gavel('explain', queued.id)).out, LONG).toContain('Queue position 1 of 1');
    const { out } = await gavel('explain', queued.id);
    expect(out).toMatch(/^cell-1\S* +memory +1000 MB asked, 124 MB free of 1 GB$/m);
    expect(out).toMatch(/^It would fit on cell-1\S* now with memory_mb 124 \(instead of 1000\)\.$/m);
    expect((await gavel('run', IMAGE, '--memory', '1000m', '--dry-run=place', '--', 'x')).code).toBe(9);
    expect((await gavel('run', IMAGE, '--memory', '50m', '--dry-run=place', '--', 'x')).code).toBe(0);
    expect((await gavel('kill', '--all', '-y')).code).toBe(0);
  });
});
