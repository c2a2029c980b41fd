import * as grpc from '@grpc/grpc-js';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/errors.ts';
import { traced, traceparent } from '../../../src/platform/trace.ts';
import { Channel } from '../../../src/rpc/client.ts';
import { serviceDefinition } from '../../../src/rpc/descriptors.ts';
import { accessOf } from '../../../src/rpc/roles.ts';
import { type RunningServer, serve } from '../../../src/rpc/server.ts';
import { type CallContext, type Client, type Handlers, MAX_MESSAGE_BYTES, STREAMED } from '../../../src/rpc/types.ts';

type Cells = Handlers<'CellService'>;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(
  handlers: Partial<Cells>,
  { listen = '127.0.0.1:0', log = pino({ level: 'silent' }) } = {},
): Promise<RunningServer> {
  const server = await serve({ listen, log, services: { CellService: handlers as Cells } });
  closers.push(() => server.stop(200));
  return server;
}

function cellsOf(server: RunningServer): Client<'CellService'> {
  const channel = new Channel({ addresses: [server.address] });
  closers.push(() => channel.close());
  return channel.client('CellService', { streamed: true });
}

/** A handler that waits to be let go, call by call. */
function gate() {
  const inside: (() => void)[] = [];
  return {
    inside,
    pass: () => new Promise<void>((resolve) => void inside.push(resolve)),
  };
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('calls over one stream', () => {
  it('are served side by side, each with its own answer, as it is ready', async () => {
    const peers = new Set<string>();
    const slow = gate();
    const cells = cellsOf(
      await start({
        Renew: async ({ cell_id }, context) => {
          peers.add(context.peer);
          if (cell_id === 'slow') await slow.pass();
          return { lease_ttl: { seconds: cell_id.length } };
        },
        StartTasks: async ({ items }) => ({ verdicts: items.map(({ nonce }) => ({ code: '', message: nonce })) }),
      }),
    );
    const held = cells.Renew({ cell_id: 'slow' });
    await expect.poll(() => slow.inside.length).toBe(1);
    const quick = Array.from({ length: 200 }, (_, i) => cells.Renew({ cell_id: 'x'.repeat(i) }));
    for (const [i, answer] of (await Promise.all(quick)).entries())
      expect(answer.lease_ttl).toMatchObject({ seconds: String(i) });
    expect(await cells.StartTasks({ items: [{ nonce: 'n' }] })).toMatchObject({ verdicts: [{ message: 'n' }] });
    slow.inside[0]?.();
    expect((await held).lease_ttl).toMatchObject({ seconds: '4' });
    // Of one connection, and the stream's own.
    expect(peers.size).toBe(1);
  });

  it('fail one by one, as calls of their own do', async () => {
    const faults = [{ field: 'offer', message: 'is required' }];
    const cells = cellsOf(
      await start({
        Register: async () => Promise.reject(new DomainError('invalid_argument', 'no', { faults })),
        Renew: async () => Promise.reject(new DomainError('overloaded', 'later', { retryAfterMs: 2_500 })),
        Leave: async () => Promise.reject(new Error('password=hunter2')),
        ListMyTasks: async () => ({ tasks: [{ claim: { task_guid: 'g'.repeat(MAX_MESSAGE_BYTES) } }] }),
        AdoptTasks: async () => ({ verdicts: [] }),
      }),
    );
    expect(await failureOf(cells.Register({}))).toMatchObject({ code: 'invalid_argument', message: 'no', faults });
    expect(await failureOf(cells.Renew({}))).toMatchObject({ code: 'overloaded', retryAfterMs: 2_500 });
    expect(await failureOf(cells.Leave({}))).toMatchObject({ code: 'internal', message: 'internal error' });
    expect(await failureOf(cells.ListMyTasks({}))).toMatchObject({ code: 'too_large' });
    expect(await failureOf(cells.FetchTasks({}))).toMatchObject({ code: 'unimplemented' });
    const huge = { task_guid: 'g'.repeat(MAX_MESSAGE_BYTES), attempt: '' };
    expect(await failureOf(cells.AdoptTasks({ claims: [huge] }))).toMatchObject({ code: 'too_large' });
    expect(await cells.AdoptTasks({})).toEqual({ verdicts: [] });
  });

  it('that are late or given up fail alone, and what is answered too late is nobody’s', async () => {
    const slow = gate();
    const cells = cellsOf(
      await start({
        Renew: async () => {
          await slow.pass();
          return { lease_ttl: { seconds: 1 } };
        },
        Leave: async () => ({}),
      }),
    );
    const leaving = new AbortController();
    const late = failureOf(cells.Renew({}, { timeoutMs: 50 }));
    const givenUp = failureOf(cells.Renew({}, { signal: leaving.signal }));
    const waits = cells.Renew({});
    await expect.poll(() => slow.inside.length).toBe(3);
    expect(await late).toMatchObject({ code: 'deadline' });
    leaving.abort();
    expect(await givenUp).toMatchObject({ code: 'cancelled' });
    for (const go of slow.inside) go();
    expect((await waits).lease_ttl).toMatchObject({ seconds: '1' });
    expect(await cells.Leave({})).toEqual({});
    expect(await failureOf(cells.Leave({}, { signal: leaving.signal }))).toMatchObject({ code: 'cancelled' });
  });

  it('fail together when the stream breaks, and the next opens another', async () => {
    const slow = gate();
    const first = await start({
      Renew: async () => {
        await slow.pass();
        return {};
      },
    });
    const cells = cellsOf(first);
    const lost = [failureOf(cells.Renew({})), failureOf(cells.Renew({}))];
    await expect.poll(() => slow.inside.length).toBe(2);
    await first.stop(0);
    for (const failure of await Promise.all(lost)) expect(failure).toMatchObject({ code: 'unavailable' });
    expect(await failureOf(cells.Renew({}))).toMatchObject({ code: 'unavailable' });
    await start({ Renew: async () => ({ lease_ttl: { seconds: 7 } }) }, { listen: first.address });
    expect((await cells.Renew({}, { retry: true, timeoutMs: 60_000 })).lease_ttl).toMatchObject({ seconds: '7' });
  });

  it('are answered before a server that stops ends their stream', async () => {
    const slow = gate();
    const server = await start({
      Renew: async () => {
        await slow.pass();
        return { lease_ttl: { seconds: 3 } };
      },
    });
    const cells = cellsOf(server);
    const answered = cells.Renew({});
    await expect.poll(() => slow.inside.length).toBe(1);
    const stopped = server.stop(5_000);
    slow.inside[0]?.();
    expect((await answered).lease_ttl).toMatchObject({ seconds: '3' });
    await stopped;
    expect(await failureOf(cells.Renew({}))).toMatchObject({ code: 'unavailable' });
  });

  it('carry their request id and trace', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const parents: unknown[] = [];
    const handlers: Partial<Cells> = {
      Renew: async (_request, context: CallContext) => {
        parents.push(traceparent());
        return { lease_ttl: { seconds: context.requestId.length } };
      },
    };
    const cells = cellsOf(await start(handlers, { log }));
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await traced('test', { parent }, async () => await cells.Renew({}, { requestId: 'my-id' }));
    await cells.Renew({});
    expect(parents).toEqual([parent, undefined]);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'call.answered', method: 'Renew', code: 'ok', requestId: 'my-id' },
    ]);
  });

  it('that cannot be read, or are no unary call, are refused alone', async () => {
    const server = await start({ Renew: async () => ({}) });
    const { Calls } = serviceDefinition('CellService');
    if (Calls === undefined) throw new Error('there is no Calls');
    const client = new grpc.Client(server.address, grpc.credentials.createInsecure());
    closers.push(() => client.close());
    const calls = client.makeBidiStreamRequest(Calls.path, Calls.requestSerialize, Calls.responseDeserialize);
    const answers: object[] = [];
    calls.on('data', (answer: object) => answers.push(answer));
    calls.on('error', () => {});
    calls.write({ id: 1, method: 'Renew', request: Buffer.from([0x0a, 0xff]) });
    calls.write({ id: 2, method: 'Calls', request: Buffer.alloc(0) });
    calls.write({ id: 3, method: 'Control', request: Buffer.alloc(0) });
    calls.write({ id: 4, method: 'toString', request: Buffer.alloc(0) });
    calls.write({ id: 5, method: 'Renew', request: Buffer.alloc(0) });
    await expect.poll(() => answers.length).toBe(5);
    const errors = answers
      .toSorted((a, b) => idOf(a) - idOf(b))
      .map((answer) => Reflect.get(answer, 'error') as string);
    expect(errors).toEqual(['internal', 'unimplemented', 'unimplemented', 'unimplemented', '']);
    calls.cancel();
  });

  it('are for cells', () => {
    expect(accessOf('CellService', STREAMED)?.roles).toEqual(['cell']);
  });
});

function idOf(answer: object): number {
  return Reflect.get(answer, 'id') as number;
}
