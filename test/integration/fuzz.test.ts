import { type ClientHttp2Session, connect } from 'node:http2';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROUTES } from '../../bbs/http/routes.ts';
import { type ServiceName, serviceDefinition } from '../../src/rpc/descriptors.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { rest } from '../support/rest.ts';

/*
 * Row G04: whatever comes over the wire, the BBS answers it as the caller's fault and goes on serving. What breaks out of a handler
 * shows as an unhandled error of this process, which fails the run.
 */

const SERVICES: ServiceName[] = [
  'TaskService',
  'HistoryService',
  'CallbackService',
  'AlertService',
  'CellService',
  'PlacementService',
  'ClusterService',
];
const DEFINITIONS = SERVICES.flatMap((name) => Object.values(serviceDefinition(name)));
const METHODS = DEFINITIONS.map(({ path }) => path);
const STREAMS = new Set(DEFINITIONS.filter(({ responseStream }) => responseStream).map(({ path }) => path));
const RUNS = Number(process.env['GAVEL_FUZZ_RUNS'] ?? 400);
/** A stream that is well begun answers until it is left. */
const STREAM_MS = 150;
/** Of TaskCreateRequest. */
const ACTION = 9;
const INTERNAL = 13;
const UNKNOWN = 2;

let bbs: TestBbs;
let base: string;
beforeAll(async () => {
  bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
  base = `http://${bbs.bbs.httpAddress}`;
});
afterAll(() => bbs.stop());
afterEach(async () => {
  const made = await bbs.tasks.DesireTask(request());
  expect((await bbs.tasks.GetTask({ task_guid: made.task_guid })).state).toBe('PENDING');
});

describe('gRPC', () => {
  let session: ClientHttp2Session;
  beforeEach(() => {
    session = connect(`http://${bbs.bbs.address}`);
    // A server may end a session that misbehaves; the next test has its own.
    session.on('error', () => undefined);
  });
  afterEach(() => session.destroy());

  /** The status of the call, and its message; undefined when it was left while it streamed. */
  async function send(path: string, bytes: Buffer): Promise<{ status: number; message: string } | undefined> {
    return await new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': '5S',
      });
      const left = STREAMS.has(path) ? setTimeout(() => stream.close(), STREAM_MS) : undefined;
      let found: { status: number; message: string } | undefined;
      const take = (headers: Record<string, unknown>) => {
        const status = headers['grpc-status'];
        const message = headers['grpc-message'];
        if (status !== undefined)
          found = { status: Number(status), message: typeof message === 'string' ? message : '' };
      };
      stream.on('response', take);
      stream.on('trailers', take);
      stream.resume();
      stream.on('error', reject);
      stream.on('close', () => {
        clearTimeout(left);
        resolve(found);
      });
      stream.end(bytes);
    });
  }

  it('answers random bytes in place of a message', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), fc.uint8Array({ maxLength: 300 }), async (path, bytes) => {
        const answer = await send(path, framed(Buffer.from(bytes)));
        seen.add(answer?.status ?? -1);
        expect(answer?.status).not.toBe(UNKNOWN);
        // INTERNAL is gRPC's own word for bytes that are no message; ours says no more than that something broke.
        if (answer?.status === INTERNAL) expect(decodeURIComponent(answer.message)).not.toBe('internal error');
      }),
      { numRuns: RUNS },
    );
    expect(seen.size).toBeGreaterThan(1);
  });

  it('answers fields that are well formed and mean nothing', async () => {
    const varint = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(encodeVarint);
    const field = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1, 2, 5)).chain(([number, kind]) => {
      const tag = encodeVarint(BigInt((number << 3) | kind));
      if (kind === 0) return varint.map((value) => Buffer.concat([tag, value]));
      const size = kind === 1 ? 8 : kind === 5 ? 4 : undefined;
      const content = fc.uint8Array(size === undefined ? { maxLength: 40 } : { minLength: size, maxLength: size });
      return content.map((bytes) =>
        Buffer.concat([tag, ...(kind === 2 ? [encodeVarint(BigInt(bytes.length))] : []), bytes]),
      );
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), fc.array(field, { maxLength: 12 }), async (path, fields) => {
        const answer = await send(path, framed(Buffer.concat(fields)));
        expect(answer?.status).not.toBe(UNKNOWN);
        if (answer?.status === INTERNAL) expect(decodeURIComponent(answer.message)).not.toBe('internal error');
      }),
      { numRuns: RUNS },
    );
  });

  it('answers frames that lie about their length, and bytes that are no frame', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), fc.uint8Array({ maxLength: 64 }), async (path, bytes) => {
        const answer = await send(path, Buffer.from(bytes));
        expect(answer?.status).not.toBe(UNKNOWN);
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('refuses actions that are nested ten thousand deep', async () => {
    // Action.try and TryAction.action, one in the other.
    let action: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 10_000; depth += 1) action = lengthDelimited(6, lengthDelimited(1, action));
    const answer = await send('/gavel.v1.TaskService/DesireTask', framed(lengthDelimited(ACTION, action)));
    expect(answer?.status).toBeGreaterThan(0);
    expect(answer?.status).not.toBe(UNKNOWN);
  });
});

describe('REST', () => {
  const paths = ROUTES.map(({ method, path }) => ({ method: method.toUpperCase(), path }));

  it('answers random JSON, and what is none', async () => {
    const text = fc.oneof(
      { weight: 3, arbitrary: fc.json() },
      { weight: 1, arbitrary: fc.string() },
      { weight: 2, arbitrary: almostATask().map((value) => JSON.stringify(value)) },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.string({ maxLength: 20 }), text, async (route, name, sent) => {
        const path = route.path.replaceAll(/\{[^}]+\}|:\w+/g, encodeURIComponent(wellFormed(name)) || 'x');
        // Streams are answered until they are left.
        if (/events|logs/.test(path) && route.method === 'GET') return;
        const body = route.method === 'GET' ? undefined : wellFormed(sent);
        const answer = await rest(base, route.method, path, body);
        expect(answer.status, `${route.method} ${path} ${body ?? ''}: ${answer.text}`).toBeLessThan(500);
      }),
      { numRuns: RUNS },
    );
  });

  it('refuses actions that are nested ten thousand deep', async () => {
    const deep = `${'{"timeout":{"timeout":"1s","action":'.repeat(10_000)}{}${'}}'.repeat(10_000)}`;
    const answer = await rest(base, 'POST', '/v1/tasks', `{"domain":"d","root_fs":"preloaded:x","action":${deep}}`);
    expect(answer.status).toBe(400);
    const arrays = await rest(base, 'POST', '/v1/tasks', `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(arrays.status).toBe(400);
  });
});

/** Every field of a request with a value that may or may not fit it. */
function almostATask(): fc.Arbitrary<object> {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(-1, 1e300, 2 ** 53, '', null, '🙂\u0000', [], {}, true, 'NaN', '__proto__'),
    fc.jsonValue(),
  );
  const names = ['task_guid', 'domain', 'root_fs', 'env', 'memory_mb', 'disk_mb', 'cpu_weight', 'action', 'labels'];
  const more = ['result_file', 'completion_callback_url', 'egress_rules', 'max_run_time', 'stop', 'network', 'outputs'];
  const base = { task_guid: 'g', domain: 'd', root_fs: 'preloaded:x', action: { run: { path: 'p' } } };
  return fc.dictionary(fc.constantFrom(...names, ...more), odd, { maxKeys: 4 }).map((over) => ({ ...base, ...over }));
}

/** A lone surrogate cannot be sent. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function encodeVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function lengthDelimited(number: number, content: Buffer): Buffer {
  return Buffer.concat([encodeVarint(BigInt((number << 3) | 2)), encodeVarint(BigInt(content.length)), content]);
}
