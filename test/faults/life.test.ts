import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { RoleProcess } from '../support/processes.ts';
import { Scene } from './scene.ts';

/*
 * Section 2.1 of reliability.md: the death of a cell's process at every step of a task's life. Each row has a cell of its own, so
 * that rows run beside each other; the judgement over all of them together is the last test of the file.
 */

/** What a task may end like, and how often its process may have begun. */
interface Row {
  readonly name: string;
  readonly fault: string;
  readonly outcome: RegExp;
  readonly starts: readonly number[];
  readonly over?: Partial<TaskCreateRequest>;
  readonly script?: string;
}

const RESULT = { result_file: '/tmp/r' };
const WRITING = 'printf done > /tmp/r';
/** What is reached by a link is read through the engine; without one the cell finds it in the writable layer, and asks nobody. */
const LINKING = 'printf done > /tmp/real; ln -s real /tmp/r';
const NOT_STARTED = /^(infra_failed|lost)$/;
/** Its claim goes back, and the same cell runs it when it is here again. */
const ANEW = { outcome: /^succeeded$/, starts: [1] };
const ADOPTED = { outcome: /^succeeded$/, starts: [1] };

const ROWS: readonly Row[] = [
  { name: 'D07: rep dies with the claim seen, before it prepares', fault: 'placed:before=kill', ...ANEW },
  { name: 'D07: rep dies with the definition there', fault: 'placed:after=kill', ...ANEW },
  {
    name: 'D07: rep hears of the claim only later, and dies with the definition fetched',
    fault: 'placed:before=drop@*;FetchTasks:after=kill',
    ...ANEW,
  },
  { name: 'D09: rep dies after the container was created', fault: 'engine.create:after=kill', ...ANEW },
  { name: 'D09: rep dies before StartTasks is sent', fault: 'StartTasks:before=kill', ...ANEW },
  {
    name: 'D10: rep dies after the start was granted, before docker start',
    fault: 'StartTasks:after=kill',
    outcome: NOT_STARTED,
    starts: [0],
  },
  {
    name: 'D10: rep dies at the very door of docker start',
    fault: 'engine.start:before=kill',
    outcome: NOT_STARTED,
    starts: [0],
  },
  { name: 'D11: rep dies with docker start sent, its answer unread', fault: 'engine.start:after=kill', ...ADOPTED },
  {
    name: 'D13: rep dies after the exit, before the result is read',
    fault: 'engine.archive:before=kill',
    script: LINKING,
    ...ADOPTED,
  },
  { name: 'D14: rep dies while the result is read', fault: 'engine.archive:after=kill', script: LINKING, ...ADOPTED },
  { name: 'D15: rep dies before its completion is sent', fault: 'CompleteTasks:before=kill', ...ADOPTED },
  {
    name: 'D15: rep dies before it reads that its completion was taken',
    fault: 'CompleteTasks:after=kill',
    ...ADOPTED,
  },
  { name: 'D18: rep dies before it removes the container', fault: 'engine.remove:before=kill', ...ADOPTED },
  { name: 'D18: rep dies after it removed the container', fault: 'engine.remove:after=kill', ...ADOPTED },
];

const CELLS = 5;
/** Full, so that nothing runs there; it only keeps what waits for another cell from being called impossible. */
const SPARE = 1;

describe('the death of a rep', () => {
  let scene: Scene;
  const free: RoleProcess[] = [];
  let filling = '';
  beforeAll(async () => {
    scene = await Scene.open({ cells: CELLS + SPARE, spare: true });
    const filler = { placement_tags: ['spare'], memory_mb: 1_024 };
    const { task_guid: guid } = await scene.submit(scene.request('sleep 3000', filler));
    filling = guid;
    await scene.begun(guid);
    free.push(...scene.cluster.cells.slice(0, CELLS));
  });
  afterAll(async () => {
    await scene.close();
  });

  /** A cell that no other row uses meanwhile. */
  async function withCell(work: (cell: RoleProcess, tag: string) => Promise<void>): Promise<void> {
    while (free.length === 0) await sleep(50);
    const cell = free.pop() as RoleProcess;
    try {
      await work(cell, `at-${scene.cluster.cells.indexOf(cell)}`);
      free.push(cell);
    } catch (error) {
      throw new Error(`${String(error)}\n== ${cell.name}\n${cell.output.slice(-6_000)}`, { cause: error });
    }
  }

  describe.concurrent('at one step', () => {
    it.each(ROWS)('$name', async ({ fault, outcome, starts, over, script = WRITING }) => {
      await withCell(async (cell, tag) => {
        cell.arm(fault);
        const asked = scene.request(script, { placement_tags: [tag], ...RESULT, ...over });
        await scene.submit(asked);
        await cell.died();
        expect(cell.fired).toHaveLength(fault.split(';').length);
        cell.arm('');
        await cell.start();
        const guid = asked.task_guid ?? '';
        const task = await scene.ended(guid);
        expect(task.outcome).toMatch(outcome);
        expect(starts).toContain(scene.ledger.count(guid));
        if (task.outcome === 'succeeded') expect(task.result).toBe('done');
      });
    });

    it('D12: rep dies while the process runs, and is back before it ends', async () => {
      await withCell(async (cell, tag) => {
        const asked = scene.request('sleep 7; printf late > /tmp/r', { placement_tags: [tag], ...RESULT });
        const { task_guid: guid } = await scene.submit(asked);
        await scene.begun(guid);
        await cell.restart();
        expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded', result: 'late' });
      });
    });

    it('D12: rep dies while the process runs, and is back after it ended', async () => {
      await withCell(async (cell, tag) => {
        const asked = scene.request('sleep 1; exit 7', { placement_tags: [tag] });
        const { task_guid: guid } = await scene.submit(asked);
        await scene.begun(guid);
        await cell.kill();
        await sleep(1_500);
        await cell.start();
        expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 7 });
      });
    });
  });

  it('I1 I2 I4 I5 I16: nothing ran twice, nothing is lost, one outcome each, nothing is left', async () => {
    await scene.cluster.tasks.CancelTask({ task_guid: filling }, { retry: true });
    expect(await scene.judge()).toEqual([]);
  });
});
