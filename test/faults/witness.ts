import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { engineCall, engineGet, engineSocket } from '../support/engine.ts';
import type { Revision } from './checker.ts';

/*
 * What is seen from outside of Gavel: by the tasks' own processes, by the engine, and by etcd.
 */

export interface Seen {
  readonly guid: string;
  readonly id: string;
}

/** Where the processes of tasks themselves tell that they run: one line over TCP, at the gateway of their bridge. */
export class Ledger {
  /** One entry for each process that began, under an id that it made itself. */
  readonly starts: Seen[] = [];
  /** The newest sign of life of each guid, on this process's monotonic clock. */
  readonly beats = new Map<string, number>();
  readonly #server: Server;
  readonly #address: string;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.#address = address;
  }

  static async open(): Promise<Ledger> {
    const network = (await engineGet('/networks/bridge')) as { IPAM: { Config: { Gateway?: string }[] } };
    const gateway = network.IPAM.Config[0]?.Gateway ?? '';
    const server = createServer((socket) => {
      let text = '';
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        const [, kind, guid, id] = /^(start|beat) (\S+) (\S*)\n/.exec(text) ?? [];
        if (guid === undefined || id === undefined) return;
        if (kind === 'start') ledger.starts.push({ guid, id });
        ledger.beats.set(guid, performance.now());
        socket.end('noted\n');
      });
    });
    await new Promise<void>((done, fail) => {
      server.once('error', (error) => fail(new Error(`the engine's bridge ${gateway} is not here`, { cause: error })));
      server.listen(0, gateway, done);
    });
    const ledger = new Ledger(server, `${gateway} ${(server.address() as AddressInfo).port}`);
    return ledger;
  }

  /** A shell line that notes the start of this very process, and goes on only when it is noted. */
  note(guid: string): string {
    const id = '$(cat /proc/sys/kernel/random/uuid)';
    return `echo "start ${guid} ${id}" | timeout 60 nc -w 10 ${this.#address} | grep -q noted || exit 99`;
  }

  /** A shell line that gives signs of life until it is killed. */
  beat(guid: string): string {
    return `trap "" TERM; while true; do echo "beat ${guid} -" | nc -w 2 ${this.#address} >/dev/null; usleep 200000; done`;
  }

  count(guid: string): number {
    return new Set(this.starts.filter((one) => one.guid === guid).map(({ id }) => id)).size;
  }

  async close(): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }
}

/** The engine's own word on each start of one of our task's containers. */
export class EngineWitness {
  readonly starts: Seen[] = [];
  readonly #stream: IncomingMessage;

  private constructor(stream: IncomingMessage, cells: ReadonlySet<string>) {
    this.#stream = stream;
    let rest = '';
    stream.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line, cells);
    });
    stream.on('error', () => undefined);
  }

  static async open(cells: readonly string[], socket = engineSocket()): Promise<EngineWitness> {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: ['start'] }));
    const stream = await new Promise<IncomingMessage>((done, fail) => {
      get({ socketPath: socket, path: `/events?filters=${filters}`, agent: false }, done).on('error', fail);
    });
    return new EngineWitness(stream, new Set(cells));
  }

  close(): void {
    this.#stream.destroy();
  }

  #take(line: string, cells: ReadonlySet<string>): void {
    if (line.trim() === '') return;
    const { id, timeNano, Actor } = JSON.parse(line) as {
      id: string;
      timeNano: number;
      Actor: { Attributes: Record<string, string> };
    };
    const { 'gavel.cell': cell = '', 'gavel.guid': guid } = Actor.Attributes;
    // A container that was prepared for any task begins idle, and has no guid.
    if (cells.has(cell) && guid !== undefined) this.starts.push({ guid, id: `${id} ${timeNano}` });
  }
}

export interface Left {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/** The containers of tasks of these cells, as the engine has them. */
export async function containersOf(cells: readonly string[]): Promise<Left[]> {
  const found: Left[] = [];
  for (const cell of cells) {
    const filters = encodeURIComponent(JSON.stringify({ label: [`gavel.cell=${cell}`] }));
    const list = (await engineGet(`/containers/json?all=1&filters=${filters}`)) as {
      Id: string;
      Names: string[];
      State: string;
    }[];
    for (const { Id: id, Names, State: state } of list) found.push({ id, name: Names[0] ?? '', state });
  }
  return found;
}

export async function removeContainers(cells: readonly string[]): Promise<void> {
  for (const { id } of await containersOf(cells)) await engineCall('DELETE', `/containers/${id}?force=1&v=1`);
}

/** A task's container: `gavel-UID-ATTEMPT`. One that waits for any task has another name. */
export const isTaskContainer = ({ name }: Left): boolean => /^\/gavel-[0-9a-f]{32}-[0-9a-f]{32}$/.test(name);

const PREFIX = '/gavel/v1/';

/**
 * Everything that ever happened below our prefix, by a watch of etcd's own from revision 1, through its JSON gateway: no client and no
 * code of ours in between. Put an end mark, and read up to it.
 */
export async function readEtcd(host: string, since = 1): Promise<Revision[]> {
  const mark = await post<{ header: { revision: string } }>(host, '/v3/kv/put', {
    key: base64(`${PREFIX}zz/mark`),
    value: base64('end'),
  });
  const end = Number(mark.header.revision);
  const range = { key: base64(PREFIX), range_end: base64(`${PREFIX.slice(0, -1)}0`), start_revision: String(since) };
  const stop = new AbortController();
  const answer = await fetch(`${host}/v3/watch`, {
    method: 'POST',
    body: JSON.stringify({ create_request: range }),
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]),
  });
  if (answer.body === null) throw new Error('etcd answered nothing to a watch');
  const history: Revision[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { result } = JSON.parse(line) as { result?: WatchResult };
      if (result?.canceled === true) throw new Error(`etcd ended the watch: ${line}`);
      for (const event of result?.events ?? []) history.push(toRevision(event));
    }
    if ((history.at(-1)?.revision ?? 0) >= end) break;
  }
  stop.abort();
  return history.filter(({ key }) => key !== 'zz/mark');
}

export async function revokeLeaseOf(host: string, key: string): Promise<void> {
  const { kvs } = await post<{ kvs?: { lease?: string }[] }>(host, '/v3/kv/range', { key: base64(key) });
  const ID = kvs?.[0]?.lease;
  if (ID === undefined) throw new Error(`${key} has no lease`);
  await post(host, '/v3/kv/lease/revoke', { ID });
}

/** How many cells have their place now. */
export async function cellsRegistered(host: string): Promise<number> {
  const prefix = `${PREFIX}cell/`;
  const range = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`), count_only: true };
  const { count = '0' } = await post<{ count?: string }>(host, '/v3/kv/range', range);
  return Number(count);
}

export async function compactAt(host: string, revision: number): Promise<void> {
  await post(host, '/v3/kv/compaction', { revision: String(revision), physical: true });
}

interface WatchResult {
  readonly canceled?: boolean;
  readonly events?: readonly WatchEvent[];
}

interface WatchEvent {
  /** Absent for a put, as its number is 0. */
  readonly type?: 'DELETE';
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
}

function toRevision({ type, kv }: WatchEvent): Revision {
  return {
    revision: Number(kv.mod_revision),
    key: Buffer.from(kv.key, 'base64').toString().slice(PREFIX.length),
    value: type === 'DELETE' ? undefined : Buffer.from(kv.value ?? '', 'base64').toString(),
  };
}

async function post<T>(host: string, path: string, body: object): Promise<T> {
  const answer = await fetch(host + path, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
