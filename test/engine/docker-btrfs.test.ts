import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  engineSocket,
  execShell,
  execToExit,
  IMAGE,
  NO_LIMITS,
  openTestRuntime,
  requireEngine,
  runToExit,
  shell,
  startIdle,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MB = 2 ** 20;
const sh = (command: string): string =>
  execFileSync('sh', ['-ec', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** An engine of this test's own, on a btrfs in a file: the one storage driver with quotas that any machine can have. */
class BtrfsEngine {
  readonly folder: string;
  readonly socketPath: string;
  readonly #bridge = `gvb${process.pid}`;
  readonly #children: ChildProcess[] = [];

  constructor(folder: string) {
    this.folder = folder;
    this.socketPath = join(folder, 'd.sock');
  }

  /** Empty, or why this machine cannot have it. */
  mount(): string {
    if (process.getuid?.() !== 0) return 'not root';
    try {
      sh(`cd ${this.folder}; truncate -s 1G fs; mkfs.btrfs -q fs; mkdir data; mount -o loop,noatime fs data`);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async start(): Promise<void> {
    const { folder } = this;
    // A bridge of its own: an engine without one removes that of another engine on the machine.
    sh(`ip link add ${this.#bridge} type bridge; ip addr add 203.0.113.1/24 dev ${this.#bridge}`);
    await mkdir(join(folder, 'ctr'));
    const containerd = join(folder, 'ctr/c.sock');
    const plugins = [
      'grpc.v1.cri',
      'snapshotter.v1.aufs',
      'snapshotter.v1.btrfs',
      'snapshotter.v1.devmapper',
      'snapshotter.v1.zfs',
    ];
    const disabled = plugins.map((name) => `"io.containerd.${name}"`).join(', ');
    await writeFile(
      join(folder, 'ctr.toml'),
      `version = 2\nroot = "${folder}/ctr/root"\nstate = "${folder}/ctr/state"\ndisabled_plugins = [${disabled}]\n[grpc]\n  address = "${containerd}"\n`,
    );
    await writeFile(join(folder, 'daemon.json'), '{}');
    this.#spawn('containerd', ['--config', join(folder, 'ctr.toml'), '--log-level', 'error']);
    await until(async () => await Promise.resolve(existsSync(containerd)));
    const paths = [
      '--config-file',
      `${folder}/daemon.json`,
      '--data-root',
      `${folder}/data`,
      '--exec-root',
      `${folder}/exec`,
    ];
    const network = ['--bridge', this.#bridge, '--iptables=false', '--ip6tables=false'];
    const own = ['--host', `unix://${this.socketPath}`, '--pidfile', `${folder}/pid`, '--containerd', containerd];
    this.#spawn('dockerd', [...paths, ...network, ...own, '--storage-driver', 'btrfs', '--log-level', 'error']);
    await until(async () => (await this.#call('GET', '/_ping')) === 'OK');
    await this.#loadImage();
  }

  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      if (child.exitCode === null && child.signalCode === null) await gone;
      clearTimeout(timer);
    }
    for (const command of [
      `umount -R ${this.folder}/data || umount -l ${this.folder}/data`,
      `ip link del ${this.#bridge}`,
    ]) {
      try {
        sh(`${command} 2>/dev/null`);
      } catch {
        // It was not there.
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(command: string, args: string[]): void {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (text: Buffer) => {
      if (process.env['GAVEL_TEST_VERBOSE'] !== undefined) console.error(text.toString());
    });
    this.#children.push(child);
  }

  async #call(method: string, path: string): Promise<string> {
    return await new Promise((done, fail) => {
      const call = request({ socketPath: this.socketPath, method, path, agent: false, timeout: 2_000 }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => done(text));
      });
      call.on('error', fail);
      call.end();
    });
  }

  async #loadImage(): Promise<void> {
    await requireEngine();
    await new Promise<void>((done, fail) => {
      const load = request(
        { socketPath: this.socketPath, method: 'POST', path: '/images/load', agent: false },
        (answer) => {
          answer.resume();
          answer.on('end', done);
        },
      );
      load.setHeader('content-type', 'application/x-tar');
      load.on('error', fail);
      const get = request({ socketPath: engineSocket(), path: `/images/${IMAGE}/get`, agent: false }, (answer) =>
        answer.pipe(load),
      );
      get.on('error', fail);
      get.end();
    });
  }
}

/** Within 30 s, or not at all. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('the btrfs engine did not come up within 30 s');
}

const engine = new BtrfsEngine(await mkdtemp(join(tmpdir(), 'gvb-')));
const missing = engine.mount();
if (missing !== '') console.warn(`skipped: no btrfs can be mounted here: ${missing}`);

describe.skipIf(missing !== '')('on a storage driver with quotas', () => {
  let runtime: ContainerRuntime;
  beforeAll(async () => {
    await engine.start();
    runtime = await openTestRuntime({ socketPath: engine.socketPath });
  });
  afterAll(async () => {
    await closeTestRuntime(runtime).catch(() => undefined);
  });
  const limits = { ...NO_LIMITS, diskBytes: 16 * MB };
  const dd = (megabytes: number): string => `dd if=/dev/zero of=/f bs=1M count=${megabytes} conv=fsync`;

  it('the engine is known to have them', async () => {
    expect(await runtime.info()).toMatchObject({ storageDriver: 'btrfs', diskLimit: 'quota' });
  });

  it('a container gets its disk, and no more; the image does not count', async () => {
    const fits = await runToExit(runtime, shell(dd(12), { limits }));
    expect([fits.exit.exitCode, fits.stderr.toString()]).toEqual([0, expect.stringMatching(/12\+0 records out/)]);
    const tooMuch = await runToExit(runtime, shell(dd(64), { limits }));
    expect(tooMuch.exit.exitCode).not.toBe(0);
    expect(tooMuch.stderr.toString()).toMatch(/Disk quota exceeded/);
  });

  it('a step in a container that idles, likewise; and files that are written into it', async () => {
    const id = await startIdle(runtime, { limits });
    const step = await execToExit(runtime, id, execShell(`${dd(64)}; rm -f /f; sync; echo still here`));
    expect(step.stderr.toString()).toMatch(/Disk quota exceeded/);
    expect(step.stdout.toString()).toBe('still here\n');
    const entries = [{ name: 'big', kind: 'file', content: Buffer.alloc(64 * MB) } as const];
    const writing = runtime.writeFiles(id, '/tmp', { entries }, { signal: AbortSignal.timeout(30_000) });
    await expect(writing).rejects.toMatchObject({ code: 'too_large', message: /disk quota exceeded/i });
    await runtime.remove(id);
  });

  it('what it wrote is told', async () => {
    const id = await startIdle(runtime, { limits });
    const before = await runtime.diskUsage(id);
    await execToExit(runtime, id, execShell(dd(8)));
    expect((await runtime.diskUsage(id)) - before).toBeGreaterThanOrEqual(8 * MB);
    expect((await runtime.diskUsage(id)) - before).toBeLessThan(9 * MB);
    await runtime.remove(id);
  });
});

afterAll(async () => {
  await engine.stop();
});
