import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/errors.ts';
import { Channel } from '../../../src/rpc/client.ts';
import { identityOfCertificate, type Role } from '../../../src/rpc/identity.ts';
import { accessOf, requireAccess } from '../../../src/rpc/roles.ts';
import { type RunningServer, serve } from '../../../src/rpc/server.ts';
import type { CallContext, Handlers } from '../../../src/rpc/types.ts';

const log = pino({ level: 'silent' });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const unused = (): never => {
  throw new DomainError('unimplemented', 'not in this test');
};

type Handled = Partial<
  Handlers<'AuctionService'> & Handlers<'ClusterService'> & Pick<Handlers<'CellService'>, 'Control'>
>;

function cluster(handlers: Handled) {
  return {
    CellService: { ...handlers } as Handlers<'CellService'>,
    ClusterService: { ListCells: unused, ...handlers } as Handlers<'ClusterService'>,
    AuctionService: { Join: unused, ...handlers } as Handlers<'AuctionService'>,
  };
}

async function start(handlers: Handled): Promise<{ server: RunningServer; channel: Channel }> {
  const server = await serve({ listen: '127.0.0.1:0', log, services: cluster(handlers) });
  const channel = new Channel({ addresses: [server.address] });
  closers.push(
    () => server.stop(200),
    () => channel.close(),
  );
  return { server, channel };
}

describe('the typed rpc adapter', () => {
  it('carries a domain error with its code and every fault', async () => {
    const faults = Array.from({ length: 40 }, (_, i) => ({ field: `env[${i}].name`, message: 'must not be empty' }));
    const { channel } = await start({
      ListCells: async () => {
        throw new DomainError('invalid_argument', 'forty faults', { faults });
      },
    });
    const failure = await channel
      .client('ClusterService')
      .ListCells({})
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ code: 'invalid_argument', message: 'forty faults', faults });
  });

  it('leaks nothing of an unexpected error', async () => {
    const { channel } = await start({
      ListCells: async () => {
        throw new Error('password=hunter2');
      },
    });
    const failure = await channel
      .client('ClusterService')
      .ListCells({})
      .catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'internal', message: 'internal error' });
  });

  it('streams both ways, and a break on the client ends the handler', async () => {
    let context: CallContext | undefined;
    const heard: string[] = [];
    const { channel } = await start({
      async *Join(summaries, ctx) {
        context = ctx;
        for await (const summary of summaries) {
          heard.push(summary.epoch);
          yield {};
        }
      },
    });
    async function* summaries() {
      for (let i = 1; i < 1_000; i += 1) yield { epoch: i };
      await sleep(10_000);
    }
    let answers = 0;
    for await (const _ of channel.client('AuctionService').Join(summaries())) {
      answers += 1;
      if (answers === 500) break;
    }
    expect(answers).toBe(500);
    expect(heard.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, at) => String(at + 1)));
    await expect.poll(() => context?.signal.aborted).toBe(true);
  });

  it('logs a call that was given an id under it, with the task it is about', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const handlers = { GetTask: async () => Promise.reject(new DomainError('not_found', 'no task t-1')) };
    const server = await serve({ listen: '127.0.0.1:0', log, services: { TaskService: handlers as never } });
    const channel = new Channel({ addresses: [server.address] });
    const tasks = channel.client('TaskService');
    await tasks.GetTask({ task_guid: 't-1' }, { requestId: 'my-id' }).catch(() => {});
    await tasks.GetTask({ task_guid: 't-2' }).catch(() => {});
    channel.close();
    await server.stop();
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'call.answered', method: 'GetTask', guid: 't-1', code: 'not_found', requestId: 'my-id', by: 'local' },
    ]);
  });

  it('holds back a handler whose reader is slow', async () => {
    let made = 0;
    const { channel } = await start({
      async *Control() {
        for (;;) {
          made += 1;
          yield { stop: { reason: 'x'.repeat(5_000) } };
        }
      },
    });
    const reader = channel.client('CellService').Control({})[Symbol.asyncIterator]();
    await reader.next();
    await sleep(300);
    const before = made;
    await sleep(200);
    // On a busy machine one more buffer of the stream may still fill; a handler that is not held back makes thousands.
    expect(made - before).toBeLessThan(50);
    expect(made).toBeLessThan(2_000);
    await reader.return?.();
  });

  it('keeps nothing of the messages of a stream that stays open', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const messages = 30_000;
    const { channel } = await start({
      async *Join() {
        for (let i = 1; i <= messages; i += 1) yield { sequence: i };
        await sleep(60_000, undefined, { ref: false });
      },
    });
    async function* nothing() {
      await sleep(60_000, undefined, { ref: false });
    }
    const reader = channel.client('AuctionService').Join(nothing())[Symbol.asyncIterator]();
    for (let seen = 0; seen < 1_000; seen += 1) await reader.next();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let seen = 1_000; seen < messages; seen += 1) await reader.next();
    collect();
    // A note of 400 bytes for each would be 12 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5 * 2 ** 20);
    await reader.return?.();
  });

  it('ends streams with UNAVAILABLE when the server stops, within the bound', async () => {
    const { server, channel } = await start({
      async *Join() {
        yield { sequence: 1 };
        await sleep(60_000, undefined, { ref: false });
      },
    });
    async function* nothing() {
      await sleep(60_000, undefined, { ref: false });
    }
    const reader = channel.client('AuctionService').Join(nothing())[Symbol.asyncIterator]();
    await reader.next();
    const ended = reader.next().catch((e: unknown) => e);
    await server.stop(1_000);
    expect(await ended).toMatchObject({ code: 'unavailable' });
  });

  it('moves on from a server that takes the connection and never says a word', async () => {
    const { server } = await start({ ListCells: async () => ({ cells: [], now: '1' }) });
    const sockets: Socket[] = [];
    const frozen = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((done) => frozen.listen(0, '127.0.0.1', done));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      frozen.close();
    });
    const { port } = frozen.address() as AddressInfo;
    const open = () => {
      const channel = new Channel({ addresses: [`127.0.0.1:${port}`, server.address] });
      closers.push(() => channel.close());
      return channel.client('ClusterService');
    };
    expect(await open().ListCells({}, { retry: true, timeoutMs: 4_000 })).toMatchObject({ now: '1' });
    // What may not be repeated is not; the next call goes elsewhere.
    const once = open();
    await expect(once.ListCells({}, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'deadline' });
    expect(await once.ListCells({}, { timeoutMs: 4_000 })).toMatchObject({ now: '1' });
  });

  it('moves on to the next server and repeats what is safe to repeat', async () => {
    const { server } = await start({ ListCells: async () => ({ cells: [] }) });
    const channel = new Channel({ addresses: ['127.0.0.1:1', server.address] });
    closers.push(() => channel.close());
    expect(await channel.client('ClusterService').ListCells({}, { retry: true })).toMatchObject({ cells: [] });
  });

  it('gives up at the deadline when no server answers', async () => {
    const channel = new Channel({ addresses: ['127.0.0.1:1'] });
    closers.push(() => channel.close());
    const failure = await channel
      .client('ClusterService')
      .ListCells({}, { retry: true, timeoutMs: 300 })
      .catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'unavailable' });
  });

  it('refuses to serve other machines in the clear unless told to', async () => {
    await expect(serve({ listen: '0.0.0.0:0', log, services: {} })).rejects.toThrow(/--insecure/);
  });
});

describe('roles', () => {
  it('reads role, name and domains from the certificate, and nothing else', () => {
    const of = (names: string | undefined) => identityOfCertificate(names);
    expect(of('DNS:x, URI:gavel://cell/cell-1')).toMatchObject({ role: 'cell', name: 'cell-1', domains: undefined });
    expect(of('URI:gavel://client/ada?domain=a&domain=b%20c').domains).toEqual(new Set(['a', 'b c']));
    expect(of('DNS:cell-1').role).toBe('client');
    expect(of(undefined).role).toBe('client');
  });

  it('gives nothing to a name in a certificate that cannot be understood', () => {
    const bad = ['gavel://root/x', 'gavel://client/ada?domian=a', 'gavel://client/ada?domain=', 'gavel://client/ada?'];
    for (const uri of [...bad, 'gavel://client/ada/operator', 'gavel://client/a?domain=a&all=1'])
      expect([uri, identityOfCertificate(`DNS:x, URI:${uri}`).role]).toEqual([uri, 'nobody']);
    // As Node tells a host name that has a comma in it.
    expect(identityOfCertificate('DNS:"x, URI:gavel://operator/mallory"').role).toBe('client');
  });

  it('lets cells end tasks and clients not', () => {
    const may = (role: Role, method: string) => () =>
      requireAccess({ role, name: 'c', domains: undefined }, accessOf('CellService', method), method);
    expect(may('cell', 'CompleteTasks')).not.toThrow();
    expect(may('client', 'CompleteTasks')).toThrow(/is not for client c/);
    expect(may('operator', 'CompleteTasks')).toThrow(/is not for/);
    expect(may('cell', 'NoSuchMethod')).toThrow(/is not for/);
    const limited = { role: 'operator', name: 'c', domains: new Set(['a']) } as const;
    expect(() => requireAccess(limited, accessOf('ClusterService', 'DrainCell'), 'x')).toThrow(/limited to some/);
  });
});
