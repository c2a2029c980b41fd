import { createServer } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDockerRuntime } from '../../cells/docker/docker-runtime.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  IMAGE,
  openTestRuntime,
  privateEnginePid,
  runToExit,
  SocketProxy,
  shell,
  specOf,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const START = /^POST \S*\/start/;
// Long enough for an engine that is there, on a machine that has much else to do.
const DEADLINE = 3_000;
const DEADLINES = {
  query: DEADLINE,
  create: DEADLINE,
  start: DEADLINE,
  remove: DEADLINE,
  readFile: DEADLINE,
  pull: DEADLINE,
};

let patient: ContainerRuntime;
let proxy: SocketProxy;
let hasty: ContainerRuntime;
let cellId: string;

beforeAll(async () => {
  cellId = `faults-${process.pid}-${Date.now()}`;
  proxy = await SocketProxy.open();
  patient = await openTestRuntime({ cellId });
  hasty = await openTestRuntime({ cellId, socketPath: proxy.socketPath, deadlines: DEADLINES });
});
afterAll(async () => {
  proxy.thaw();
  await hasty.close();
  await closeTestRuntime(patient);
  await proxy.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

/** Every call of the runtime, each against an engine that keeps silent; the time each took. */
async function callAll(runtime: ContainerRuntime, id: string): Promise<Record<string, { ms: number; code: string }>> {
  const calls: Record<string, () => Promise<unknown>> = {
    info: async () => await runtime.info(),
    ensureImage: async () => await runtime.ensureImage({ kind: 'preloaded', image: IMAGE }, signal()),
    pull: async () => await runtime.ensureImage({ kind: 'registry', reference: '127.0.0.1:1/a/b:c' }, signal()),
    create: async () => await runtime.create(specOf({ name: `frozen-${Date.now()}` })),
    attach: async () => await runtime.attach(id),
    inspect: async () => await runtime.inspect(id),
    waitForExit: async () => await runtime.waitForExit(id, AbortSignal.timeout(DEADLINE)),
    kill: async () => await runtime.kill(id, 'SIGCONT'),
    readFile: async () => await runtime.readFile(id, '/etc/passwd', 10),
    listOwned: async () => await runtime.listOwned(),
  };
  const entries = Object.entries(calls).map(async ([name, call]) => {
    const began = performance.now();
    const code = await call().then(
      () => 'answered',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    return [name, { ms: performance.now() - began, code }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function expectAllBounded(seen: Record<string, { ms: number; code: string }>): void {
  for (const [name, { ms, code }] of Object.entries(seen)) {
    expect({ name, code }).toEqual({ name, code: name === 'waitForExit' ? 'cancelled' : 'unavailable' });
    expect({ name, ms: Math.round(ms), inTime: ms < DEADLINE * 2 }).toMatchObject({ inTime: true });
  }
}

describe('an engine that does not answer', () => {
  it('holds no call longer than its deadline', async () => {
    const id = await hasty.create(specOf());
    proxy.freeze();
    try {
      expectAllBounded(await callAll(hasty, id));
    } finally {
      proxy.thaw();
    }
    expect((await patient.inspect(id)).status).toBe('created');
  });

  it('is so, too, when the process itself is stopped', async ({ skip }) => {
    const pid = privateEnginePid();
    if (pid === undefined) return skip("somebody's own engine is not stopped; the test above has to do");
    const id = await hasty.create(specOf());
    process.kill(pid, 'SIGSTOP');
    try {
      expectAllBounded(await callAll(hasty, id));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await vi.waitFor(async () => expect((await patient.inspect(id)).status).toBe('created'), 20_000);
  });

  it('creates later all the same; the second create of the name is conflict', async () => {
    const spec = specOf();
    proxy.freeze();
    await expect(hasty.create(spec)).rejects.toMatchObject({ code: 'unavailable' });
    proxy.thaw();
    await vi.waitFor(async () => {
      const names = (await patient.listOwned()).map(({ name }) => name);
      expect(names).toContain(spec.name);
    }, 20_000);
    await expect(patient.create(spec)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('cannot start any more what was removed meanwhile', async () => {
    const id = await hasty.create(shell('touch /started; sleep 60'));
    proxy.freeze();
    await expect(hasty.start(id)).rejects.toMatchObject({ code: 'unavailable' });
    await patient.remove(id);
    proxy.thaw();
    await new Promise((done) => setTimeout(done, 300));
    expect((await patient.inspect(id)).status).toBe('missing');
  });

  it('is waited for by a wait, which needs no answer in between', async () => {
    const id = await hasty.create(shell('sleep 0.5; exit 9'));
    await hasty.start(id);
    const exit = hasty.waitForExit(id, signal());
    await new Promise((done) => setTimeout(done, 100));
    proxy.freeze();
    await new Promise((done) => setTimeout(done, 2_500));
    proxy.thaw();
    expect((await exit).exitCode).toBe(9);
  });

  it('that is not there at all is unavailable at once', async () => {
    const options = { host: 'unix:///tmp/gavel-no-such.sock', cellId, log: pino({ level: 'silent' }) };
    await expect(openDockerRuntime(options)).rejects.toMatchObject({ code: 'unavailable' });
    const tcp = { ...options, host: 'tcp://127.0.0.1:1' };
    await expect(openDockerRuntime(tcp)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that breaks off in the middle of an answer ends the call', async () => {
    const id = await hasty.create(specOf());
    proxy.loseAnswerOf = /\/json/;
    await expect(hasty.inspect(id)).rejects.toMatchObject({ code: 'unavailable' });
    proxy.loseAnswerOf = undefined;
  });

  it('whose answer has a head and half a body ends the call by its deadline', async () => {
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"half":');
      request.socket.setTimeout(50, () => request.socket.destroy());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const options = { host: `tcp://127.0.0.1:${port}`, cellId, log: pino({ level: 'silent' }), deadlines: DEADLINES };
    await expect(openDockerRuntime(options)).rejects.toMatchObject({ code: 'unavailable' });
    server.closeAllConnections();
    server.close();
  });
});

describe('the start', () => {
  it('is sent once', async () => {
    const before = proxy.count(START);
    await runToExit(hasty, shell('true'));
    expect(proxy.count(START) - before).toBe(1);
  });

  it('is sent once, also when its answer is lost; inspect tells what became of it', async () => {
    const id = await hasty.create(shell('exit 4'));
    const before = proxy.count(START);
    proxy.loseAnswerOf = START;
    await expect(hasty.start(id)).rejects.toMatchObject({ code: 'unavailable' });
    proxy.loseAnswerOf = undefined;
    await expect(hasty.start(id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await hasty.waitForExit(id, signal())).exitCode).toBe(4);
    await new Promise((done) => setTimeout(done, 1_000));
    expect(proxy.count(START) - before).toBe(1);
  });

  it('is sent once on connections that were kept and have died meanwhile', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, async () => await hasty.create(shell('true'))));
    const before = proxy.count(START);
    proxy.loseAnswerOf = START;
    await Promise.allSettled(ids.map(async (id) => await hasty.start(id)));
    proxy.loseAnswerOf = undefined;
    await new Promise((done) => setTimeout(done, 500));
    expect(proxy.count(START) - before).toBe(4);
  });
});

describe('connections', () => {
  it('are given back: no socket is left after runs, waits and reads', async () => {
    const runtime = await openTestRuntime({ cellId });
    for (let run = 0; run < 10; run += 1) {
      const { id } = await runToExit(runtime, shell('echo x > /f; echo y'));
      await runtime.readFile(id, '/f', 1);
      await runtime.remove(id);
    }
    await runtime.close();
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    // What is left belongs to the two runtimes and the proxy of this file.
    await vi.waitFor(() => {
      expect(process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length).toBeLessThan(sockets + 1);
    }, 20_000);
    expect(sockets).toBeLessThan(40);
  });
});
