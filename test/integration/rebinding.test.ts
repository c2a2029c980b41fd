import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../support/receiver.ts';

/*
 * H07 with a name server of the test's own: each question gets another answer, which is good for no time at all. Whoever asks it
 * does so in a mount namespace with a resolv.conf of its own, through the machine's resolver.
 */

const NAME_SERVER = '127.9.9.9';
const METADATA = '169.254.169.254';
const dist = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../dist/${path}`, import.meta.url)));

describe('H07: a name whose server means harm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-dns-'));
  const socket = createSocket('udp4');
  /** What is answered next, by name; the last answer again and again. */
  const answers = new Map<string, string[]>();
  const asked: string[] = [];
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver();
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${NAME_SERVER}\n`);
    socket.on('message', (question, { port, address }) => {
      const { name, isA, end } = parse(question);
      if (isA) asked.push(name);
      const list = answers.get(name) ?? [];
      const found = isA ? ((list.length > 1 ? list.shift() : list[0]) ?? '') : '';
      socket.send(reply(question.subarray(0, end), found), port, address);
    });
    await new Promise<void>((done) => socket.bind(53, NAME_SERVER, done));
  });
  afterAll(async () => {
    socket.close();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a program whose names are ours to answer. @returns what it printed, as JSON. */
  async function there(program: string): Promise<unknown> {
    const node = `exec '${process.execPath}' --input-type=module -e "$PROGRAM"`;
    const script = `mount --bind '${join(folder, 'resolv.conf')}' /etc/resolv.conf && ${node}`;
    const args = ['--mount', '--propagation', 'private', 'sh', '-ec', script];
    const env = { PATH: process.env['PATH'], PROGRAM: program };
    return JSON.parse((await promisify(execFile)('unshare', args, { env, timeout: 30_000 })).stdout);
  }

  it('leads a callback nowhere but to the address that was looked at', async () => {
    const { port } = new URL(receiver.url);
    answers.set('inside.test', [METADATA]);
    answers.set('turning.test', ['127.0.0.1', METADATA]);
    const made = await there(`
      const { DEFAULT_DENY: deny, post } = await import(${dist('bbs/callbacks/post.js')});
      const made = [];
      for (const host of ['inside.test', 'turning.test', 'turning.test'])
        made.push(await post('http://' + host + ':${port}/', '{}', 'uid', Date.now(), { timeoutMs: 5000, secrets: [], deny }));
      console.log(JSON.stringify(made));`);
    const denied = { status: 0, error: expect.stringContaining('deny list') as string };
    expect(made).toMatchObject([denied, { status: 200, error: '' }, denied]);
    expect(receiver.received).toHaveLength(1);
    // One question to each: nobody asks again between the look and the connection.
    expect(asked).toEqual(['inside.test', 'turning.test', 'turning.test']);
  });

  it('leads a download of a cell nowhere, at once or after a redirect', async () => {
    const { port } = new URL(receiver.url);
    asked.length = 0;
    answers.set('again.test', ['127.0.0.1', METADATA]);
    receiver.script = [302];
    const made = await there(`
      const { getTo } = await import(${dist('cells/executor/transfers/http.js')});
      const bounds = { idleMs: 3000, totalMs: 5000, maxBytes: 1000 };
      const told = [];
      for (const host of ['inside.test', 'again.test', 'again.test']) {
        const url = 'http://' + host + ':${port}/';
        await getTo(url, '${join(folder, 'file')}', {}, bounds, new AbortController().signal).catch((error) => told.push(error.message));
      }
      console.log(JSON.stringify(told));`);
    const denied = expect.stringContaining(`the address ${METADATA} may not be connected to`) as string;
    expect(made).toEqual([denied, denied, denied]);
    expect(asked).toEqual(['inside.test', 'again.test', 'again.test']);
  });
});

function parse(message: Buffer): { name: string; isA: boolean; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = message.readUInt8(at); size > 0; size = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { name: labels.join('.'), isA: message.readUInt16BE(at + 1) === 1, end: at + 5 };
}

/** The question again, and behind it one address, to be forgotten at once; none for ''. */
function reply(question: Buffer, address: string): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(address === '' ? 0 : 1, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  if (address === '') return head;
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, record]);
}
