import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineCall, IMAGE } from './engine.ts';

const BINARY = '/usr/bin/docker-registry';
/** bcrypt of `sesame`. */
const HTPASSWD = 'alice:$2b$04$mXHu7e3EaBqKnt5XZsEqw..GPNTRWCIlK2aymuEhmKRn7sqWV/vvW\n';
export const LOGIN = { username: 'alice', password: 'sesame' };

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Puts the test image, or what a container has made of it, there under this name, and forgets it locally. */
  push(name: string, containerId?: string): Promise<void>;
  /** Request lines of the registry's log. */
  log(): string;
  close(): Promise<void>;
}

/** A real registry (Debian's docker-registry) on a free port of the loopback, with its files in a folder of its own. */
export async function startRegistry(options: { auth?: boolean } = {}): Promise<TestRegistry> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing. Install the Debian package docker-registry.`);
  const folder = await mkdtemp(join(tmpdir(), 'gavel-registry-'));
  const address = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  const auth =
    options.auth === true ? `auth:\n  htpasswd:\n    realm: test\n    path: ${join(folder, 'htpasswd')}\n` : '';
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${join(folder, 'data')}\n`;
  await writeFile(join(folder, 'config.yml'), `version: 0.1\n${storage}http:\n  addr: ${address}\n${auth}`);
  const child = spawn(BINARY, ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  await answers(address);
  return {
    address,
    push: async (name, containerId) => await push(`${address}/${name}`, options.auth === true, containerId),
    log: () => log,
    close: async () => {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

/** Forgets a name locally, so that the next one has to pull it. */
export async function forgetImage(reference: string): Promise<void> {
  await engineCall('DELETE', `/images/${reference}`);
}

async function push(reference: string, auth: boolean, containerId: string | undefined): Promise<void> {
  const at = reference.lastIndexOf(':');
  const repository = reference.slice(0, at);
  const tag = reference.slice(at + 1);
  const name = `repo=${encodeURIComponent(repository)}&tag=${tag}`;
  const source = containerId === undefined ? `/images/${IMAGE}/tag?` : `/commit?container=${containerId}&`;
  await engineCall('POST', `${source}${name}`);
  const login = Buffer.from(JSON.stringify(auth ? LOGIN : {})).toString('base64');
  const answer = await engineCall('POST', `/images/${repository}/push?tag=${tag}`, {
    headers: { 'x-registry-auth': login },
  });
  if (answer.includes('"error"')) throw new Error(`push of ${reference}: ${answer}`);
  await forgetImage(reference);
}

async function answers(address: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const up = await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    );
    if (up) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`the registry at ${address} did not come up`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}
