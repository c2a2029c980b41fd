import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BbsConfigInput } from '../../bbs/config.ts';
import { TaskClient } from '../../src/client/index.ts';
import { readTls } from '../../src/platform/tls.ts';
import { Channel } from '../../src/rpc/client.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { CliWorld } from '../support/cli-world.ts';
import { rest } from '../support/rest.ts';
import { makeTokenMaker, type TokenMaker } from '../support/tokens.ts';

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

describe('bearer tokens', () => {
  let authority: TestAuthority;
  let keys: TokenMaker;
  const undo: (() => unknown)[] = [];
  beforeAll(() => {
    authority = makeAuthority();
    keys = makeTokenMaker();
  });
  afterAll(() => {
    authority.remove();
    keys.remove();
  });
  afterEach(async () => {
    for (const action of undo.splice(0).reverse()) await action();
  });

  async function bbsWith(over: Partial<BbsConfigInput>): Promise<TestBbs> {
    const bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' }, tokens: { keys: [keys.publicKey] }, ...over });
    undo.push(() => bbs.stop());
    return bbs;
  }
  const mutual = () => ({ ca: authority.ca, ...authority.issue('server', 'gavel://bbs/one') });

  interface Shown {
    readonly token?: string;
    readonly certificate?: { cert: string; key: string };
    readonly plain?: boolean;
  }
  function channelTo(bbs: TestBbs, { token, certificate, plain = false }: Shown): Channel {
    const channel = new Channel({
      addresses: [bbs.bbs.address.replace('0.0.0.0', '127.0.0.1')],
      tls: plain ? undefined : readTls({ ca: authority.ca, ...certificate }),
      ...(token === undefined ? {} : { token: async () => token }),
    });
    undo.push(() => channel.close());
    return channel;
  }
  const whoIs = async (bbs: TestBbs, shown: Shown) =>
    await channelTo(bbs, shown).client('ClusterService').WhoAmI({}, { timeoutMs: 5_000 });
  const refusal = async (bbs: TestBbs, shown: Shown) =>
    await whoIs(bbs, shown).then(
      () => 'let in',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  it('stand beside certificates, and whoever shows neither is not let in', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const token = await keys.make({ role: 'viewer', domains: ['b', 'a'], ttlMs: 60_000 });
    const me = await whoIs(bbs, { token });
    expect(me).toMatchObject({ name: 'ada', role: 'viewer', domains: ['a', 'b'], proof: 'token' });
    expect(Number(BigInt(me.expires_at) / 1_000_000n)).toBeGreaterThan(Date.now() + 50_000);
    const certificate = authority.issue('cell-1', 'gavel://cell/cell-1');
    expect(await whoIs(bbs, { certificate })).toMatchObject({ name: 'cell-1', role: 'cell', proof: 'certificate' });
    // The token says who calls, also over the connection of somebody else.
    expect(await whoIs(bbs, { certificate, token })).toMatchObject({ name: 'ada', role: 'viewer' });
    expect(await refusal(bbs, {})).toMatch(/^unauthenticated: this server wants a certificate or a token/);

    const stranger = makeAuthority();
    undo.push(() => stranger.remove());
    const forged = stranger.issue('op', 'gavel://operator/mallory');
    expect(await refusal(bbs, { certificate: forged })).toMatch(/^unauthenticated/);
    expect(await whoIs(bbs, { certificate: forged, token })).toMatchObject({ name: 'ada', role: 'viewer' });
  });

  it('allow what their role does, under their name', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const client = channelTo(bbs, { token: await keys.make() });
    const made = await client.client('TaskService').DesireTask(request());
    expect(made.created_by).toBe('ada');
    expect(await code(client.client('ClusterService').DrainCell({ cell_id: 'c' }))).toBe('permission_denied');
    expect(await code(client.client('CellService').Renew({ cell_id: 'c' }))).toBe('permission_denied');
    const viewer = channelTo(bbs, { token: await keys.make({ role: 'viewer' }) }).client('TaskService');
    expect((await viewer.GetTask({ task_guid: made.task_guid })).task_guid).toBe(made.task_guid);
    expect(await code(viewer.CancelTask({ task_guid: made.task_guid }))).toBe('permission_denied');
    const operator = channelTo(bbs, { token: await keys.make({ role: 'operator' }) });
    expect(await code(operator.client('ClusterService').DrainCell({ cell_id: 'c' }))).toBe('not_found');
  });

  it('that are expired, garbled or of another key say so', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const other = makeTokenMaker();
    undo.push(() => other.remove());
    expect(await refusal(bbs, { token: await keys.make({ ttlMs: -60_000 }) })).toMatch(/expired .*gavel login/);
    expect(await refusal(bbs, { token: 'garbled' })).toMatch(/^unauthenticated: the token is refused: it is garbled/);
    expect(await refusal(bbs, { token: await other.make() })).toMatch(/^unauthenticated: .*none of the keys/);
    expect(await refusal(bbs, { token: await keys.make({ ttlMs: 30 * 3_600_000 }) })).toMatch(
      /^unauthenticated: .*86400/,
    );
  });

  it('hold over REST as they do over gRPC', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const ask = async (path: string, token?: string, method = 'GET') =>
      await new Promise<{ status: number; text: string }>((resolve, reject) => {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const ca = readFileSync(authority.ca);
        const sent = tlsRequest(
          `https://${bbs.bbs.httpAddress}${path}`,
          { ca, headers, method, agent: false },
          (got) => {
            let text = '';
            got.setEncoding('utf8').on('data', (part: string) => (text += part));
            got.on('end', () => resolve({ status: got.statusCode ?? 0, text }));
          },
        );
        sent.on('error', reject);
        sent.end();
      });
    const viewer = await keys.make({ role: 'viewer' });
    expect(JSON.parse((await ask('/v1/whoami', viewer)).text)).toMatchObject({ name: 'ada', role: 'viewer' });
    expect((await ask('/v1/tasks', viewer)).status).toBe(200);
    expect((await ask('/v1/tasks/x/cancel', viewer, 'POST')).status).toBe(403);
    expect(await ask('/v1/tasks')).toMatchObject({ status: 401, text: expect.stringContaining('or a token') });
    expect((await ask('/v1/tasks', 'garbled')).status).toBe(401);
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', viewer)).status).toBe(200);
    expect((await ask('/metrics', await keys.make({ domains: ['a'] }))).status).toBe(403);
    // Whether the process lives, a load balancer may ask without a proof.
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('are needed where TLS asks for no certificates, as soon as there is a key', async () => {
    const tls = authority.issue('server');
    const bbs = await bbsWith({ tls });
    expect(await refusal(bbs, {})).toMatch(/^unauthenticated: this server wants a token/);
    expect(await whoIs(bbs, { token: await keys.make() })).toMatchObject({ proof: 'token' });
    const without = await bbsWith({ tls, tokens: {} });
    expect(await whoIs(without, {})).toMatchObject({ role: 'client', proof: 'tls' });
    expect(await refusal(without, { token: await keys.make() })).toMatch(
      /^unauthenticated: this server takes no tokens/,
    );
  });

  it('are taken in the clear from this machine only', async () => {
    const loopback = await bbsWith({});
    const token = await keys.make({ role: 'viewer' });
    expect(await whoIs(loopback, { token, plain: true })).toMatchObject({ role: 'viewer' });
    expect(await whoIs(loopback, { plain: true })).toMatchObject({ role: '', proof: 'loopback' });
    const answer = await rest(`http://${loopback.bbs.httpAddress}`, 'GET', '/v1/whoami', undefined, {
      authorization: `Bearer ${token}`,
    });
    expect(answer.json).toMatchObject({ name: 'ada', role: 'viewer' });
    const open = await bbsWith({ listen: '0.0.0.0:0', insecure: true });
    expect(await refusal(open, { token, plain: true })).toMatch(/^unauthenticated: .*in the clear/);
  });

  it('end the streams that were begun with them; a client that can get another one goes on', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const expiresAtMs = Date.now() + 2_000;
    const short = await keys.make({ expiresAtMs });
    const read = async () => {
      for await (const event of channelTo(bbs, { token: short }).client('TaskService').WatchTasks({}))
        expect(event).toBeDefined();
    };
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('expired') });

    let asked = 0;
    const client = new TaskClient({
      endpoint: bbs.bbs.address,
      tls: { ca: authority.ca },
      token: async () => {
        asked += 1;
        return await keys.make({ ttlMs: 2_500 });
      },
    });
    undo.push(() => client.close());
    const seen: string[] = [];
    const reading = (async () => {
      for await (const change of client.events({})) if (change.type === 'created') seen.push(change.task.task_guid);
    })().catch((error: unknown) => error);
    const one = await channelTo(bbs, { token: await keys.make() })
      .client('TaskService')
      .DesireTask(request());
    await expect.poll(() => seen, { timeout: 10_000 }).toContain(one.task_guid);
    // Its second token has ended by then, too.
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(2);
    const two = await channelTo(bbs, { token: await keys.make() })
      .client('TaskService')
      .DesireTask(request());
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([one.task_guid, two.task_guid]);
    client.close();
    expect(await reading).toMatchObject({ code: 'cancelled' });
  });

  it('are never sent to another machine in the clear', () => {
    expect(() => new TaskClient({ endpoint: 'bbs.example:8889', token: 'x' })).toThrow(/in the clear/);
    expect(() => new TaskClient({ endpoint: '127.0.0.1:1,bbs.example:8889', token: 'x' })).toThrow(/bbs\.example/);
  });

  it('are made, kept and shown by the command line', async () => {
    const bbs = await bbsWith({ tls: mutual() });
    const folder = mkdtempSync(join(tmpdir(), 'gavel-login-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const config = join(folder, 'config.yaml');
    interface World {
      readonly stdin?: string;
      readonly env?: Record<string, string>;
    }
    const gavel = async (args: readonly string[], { stdin = '', env }: World = {}) => {
      const cli = new CliWorld({ env: { GAVEL_CONFIG: config, USER: 'ada', ...env } });
      cli.stdin.end(stdin);
      return { exit: await cli.run(...args), out: cli.out.text, err: cli.err.text };
    };
    const made = await gavel(['token', '--key', keys.privateKey, '--role', 'viewer', '--domain', 'a', '--domain', 'b']);
    expect([made.exit, made.out.trim().split('.').length]).toEqual([0, 3]);
    expect(made.err).toContain('for ada, viewer of a, b, until');
    const token = made.out;

    expect((await gavel(['login'], { stdin: token })).err).toContain('no context is in use');
    const server = ['--server', bbs.bbs.address, '--tls-ca', authority.ca];
    await gavel(['context', 'set', 'prod', ...server]);
    await gavel(['context', 'use', 'prod']);
    expect((await gavel(['whoami'])).exit).toBe(6);
    expect(await gavel(['login'], { stdin: token })).toMatchObject({
      exit: 0,
      out: expect.stringContaining('Logged in: ada, viewer, a, b'),
    });
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect((await gavel(['whoami'])).out).toMatch(/Name +ada\nRole +viewer\nDomains +a, b\nProved by +token\nUntil +2/);
    expect((await gavel(['cells', 'drain', 'x', '-y'])).exit).toBe(6);

    // What shows the context does not show the token.
    for (const args of [
      ['context', 'show', '--origin'],
      ['context', 'ls', '-o', 'json'],
      ['context', 'show', '-o', 'yaml'],
    ])
      expect((await gavel(args)).out).not.toContain(token.trim().slice(0, 20));
    expect((await gavel(['context', 'show', '--origin'])).out).toMatch(/token +until .*\(context prod\)/);

    const late = await keys.make({ ttlMs: -1_000 });
    expect(await gavel(['login'], { stdin: late })).toMatchObject({
      exit: 6,
      err: expect.stringContaining('has expired'),
    });
    expect(await gavel(['login'], { stdin: 'secret' })).toMatchObject({
      exit: 2,
      err: expect.stringContaining('no token'),
    });
    const other = makeTokenMaker();
    undo.push(() => other.remove());
    writeFileSync(join(folder, 'other'), await other.make());
    expect((await gavel(['login', '--token-file', join(folder, 'other')])).exit).toBe(6);
    // The one that was of use is kept.
    expect((await gavel(['whoami', '-o', 'name'])).out).toBe('ada\n');

    // A token of one cluster does not go to another.
    expect((await gavel(['whoami', '--server', bbs.bbs.address])).exit).toBe(6);
    const env = { GAVEL_TOKEN: await keys.make({ name: 'ci' }) };
    expect((await gavel(['whoami', '-o', 'name'], { env })).out).toBe('ci\n');

    expect((await gavel(['logout'])).out).toContain('is forgotten');
    expect((await gavel(['whoami'])).exit).toBe(6);
    expect(readFileSync(config, 'utf8')).not.toContain('token');
  });

  it('come from keys that the command line makes, and never writes over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gavel-key-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'token.key');
    const run = async (...args: string[]) => {
      const cli = new CliWorld({ env: { USER: 'ada' } });
      return [await cli.run(...args), cli.out.text, cli.err.text] as const;
    };
    expect((await run('token', 'key', file))[0]).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run('token', 'key', file))[0]).toBe(4);
    const [, token] = await run('token', '--key', file, '--ttl', '5m', '-q');
    const bbs = await bbsWith({ tokens: { keys: [`${file}.pub`] } });
    expect(await whoIs(bbs, { token: token.trim(), plain: true })).toMatchObject({ name: 'ada', role: 'client' });
    expect((await run('token'))[2]).toContain('gavel token key FILE');
    expect((await run('token', '--key', `${file}.pub`))[2]).toContain('is no key');
    await expect(bbsWith({ tokens: { keys: [join(folder, 'nowhere')] } })).rejects.toThrow(/tokens\.keys: cannot read/);
  });
});
