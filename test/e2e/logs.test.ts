import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import { requireEngine } from '../support/engine.ts';
import { startSystem, type TestSystem } from '../support/system.ts';
import { serial, sh, TaskRuns } from '../support/task-runs.ts';

const MIB = 2 ** 20;
/** 1 MiB of lines of 1,023 letters, again and again. */
const flood = (mib: number) =>
  `head -c 785408 /dev/urandom | base64 -w 1023 > /tmp/m; truncate -s 1048575 /tmp/m; echo >> /tmp/m; ` +
  `i=0; while [ $i -lt ${mib} ]; do cat /tmp/m; i=$((i+1)); done`;

describe('the output of a task', () => {
  let system: TestSystem;
  let tasks: TaskRuns;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { logs: {} } });
    tasks = new TaskRuns(system);
  }, 60_000);
  afterAll(() => system.stop());

  /** Reads the stream to its end, keeping of it what can be compared; `pause` is asked before each line. */
  async function read(task_guid: string, follow: boolean, pause: (lines: number) => Promise<void> | void = () => {}) {
    const hash = createHash('sha256');
    const gaps: NonNullable<LogEntry__Output['gap']>[] = [];
    let [bytes, lines, last] = [0, 0, 0];
    for await (const { line, gap, end } of system.tasks.FollowLogs({ task_guid, follow })) {
      if (line?.stream === 'stdout') {
        await pause(lines);
        lines += 1;
        hash.update(line.text);
        if (line.newline) hash.update('\n');
        bytes += line.text.length + (line.newline ? 1 : 0);
      }
      if (line) {
        expect(Number(line.sequence)).toBe(last + 1);
        last += 1;
      }
      if (gap) gaps.push(gap);
      if (end) return { bytes, lines, sha256: hash.digest('hex'), gaps, end };
    }
    throw new Error('the stream broke off');
  }

  it('of 100 MiB is all there when the task is COMPLETED, up to what is kept, and the rest is counted', async () => {
    const guid = await tasks.submit(sh(flood(100)), { memory_mb: 256 });
    await tasks.finished(guid);
    const { end, gaps, ...kept } = await read(guid, false);
    expect(end).toMatchObject({ reason: '', stdout_bytes: String(100 * MIB), stderr_bytes: '0' });
    expect(end.stdout_sha256).toBe(kept.sha256);
    expect(kept.bytes).toBeGreaterThan(60 * MIB);
    expect(gaps).toEqual([expect.objectContaining({ reason: 'more than 64 MiB of output' })]);
    // A line's newline is not among the bytes of a gap.
    const [gap] = gaps;
    expect(kept.bytes + Number(gap?.bytes) + Number(gap?.lines)).toBe(100 * MIB);
  });

  it('comes whole to a reader that is slower than the task', async () => {
    const guid = await tasks.submit(sh(flood(20)), { memory_mb: 256 });
    // More than all buffers on the way hold waits on the cell's disk meanwhile.
    const slow = await read(guid, true, async (lines) => void (lines % 500 === 0 && (await sleep(20))));
    expect(slow).toMatchObject({ bytes: 20 * MIB, gaps: [], end: { reason: '', stdout_bytes: String(20 * MIB) } });
    expect(slow.sha256).toBe(slow.end.stdout_sha256);
  });

  it('keeps its bytes: no UTF-8, zeros, carriage returns, long lines, no newline at the end', async () => {
    const octal = String.raw`\377\000\303(\r\n\n\342\202`;
    const script = `printf '${octal}'; head -c 200000 /dev/zero | tr '\\0' e >&2`;
    for (const action of [sh(script), serial(sh(script))]) {
      const { task_guid } = await tasks.run(action);
      const entries = await tasks.entries(task_guid);
      const of = (stream: string) =>
        Buffer.concat(
          entries.flatMap(({ line }) =>
            line?.stream === stream ? [line.text, Buffer.from(line.newline ? '\n' : '')] : [],
          ),
        );
      expect([...of('stdout')]).toEqual([0xff, 0, 0xc3, 0x28, 0x0d, 0x0a, 0x0a, 0xe2, 0x82]);
      expect(of('stderr').equals(Buffer.alloc(200_000, 'e'))).toBe(true);
      expect(entries.at(-1)?.end).toMatchObject({ stdout_bytes: '9', stderr_bytes: '200000' });
    }
  });
});
