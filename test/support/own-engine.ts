import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSocket, IMAGE, requireEngine } from './engine.ts';

export interface OwnEngineOptions {
  readonly storageDriver: 'overlay2' | 'btrfs';
  /** Containers live on while the daemon does not. */
  readonly liveRestore?: boolean;
}

/** Runs shell lines. @throws with what they said. */
export function sh(command: string): string {
  return execFileSync('sh', ['-ec', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

let engines = 0;

/** An engine of a test's own, with its own containerd, to be treated as badly as the test likes. Needs root. */
export class OwnEngine {
  readonly folder: string;
  readonly socketPath: string;
  readonly #options: OwnEngineOptions;
  readonly #bridge = `gvo${process.pid}n${(engines += 1)}`.slice(-15);
  #daemon: ChildProcess | undefined;
  #containerd: ChildProcess | undefined;

  private constructor(folder: string, options: OwnEngineOptions) {
    this.folder = folder;
    this.socketPath = join(folder, 'd.sock');
    this.#options = options;
  }

  /** Only a folder; `data/` in it becomes the engine's, and may be mounted before `start`. A short name: sockets' paths end at 108 bytes. */
  static async make(options: OwnEngineOptions): Promise<OwnEngine> {
    return new OwnEngine(await mkdtemp(join(tmpdir(), 'gvo-')), options);
  }

  /** Resolves when it answers and has the sample image. */
  async start(): Promise<void> {
    const { folder } = this;
    // A bridge of its own: an engine without one removes that of another engine on the machine.
    sh(`ip link add ${this.#bridge} type bridge; ip addr add 203.0.113.1/24 dev ${this.#bridge}`);
    await mkdir(join(folder, 'ctr'));
    const unused = ['grpc.v1.cri', ...['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `snapshotter.v1.${name}`)];
    const disabled = unused.map((name) => `"io.containerd.${name}"`).join(', ');
    const paths = `root = "${folder}/ctr/root"\nstate = "${folder}/ctr/state"`;
    const toml = `version = 2\n${paths}\ndisabled_plugins = [${disabled}]\n[grpc]\n  address = "${this.#containerdSocket}"\n`;
    await writeFile(join(folder, 'ctr.toml'), toml);
    await writeFile(
      join(folder, 'daemon.json'),
      JSON.stringify({ 'live-restore': this.#options.liveRestore ?? false }),
    );
    await this.startContainerd();
    await this.startDaemon();
    await this.#loadImage();
  }

  get #containerdSocket(): string {
    return join(this.folder, 'ctr/c.sock');
  }

  /** Also after `killContainerd`: on the same data. */
  async startContainerd(): Promise<void> {
    const config = join(this.folder, 'ctr.toml');
    await rm(this.#containerdSocket, { force: true });
    this.#containerd = spawnQuietly('containerd', ['--config', config, '--log-level', 'error']);
    await until(async () => await Promise.resolve(existsSync(this.#containerdSocket)));
  }

  /** SIGKILL: shims and daemon are left. */
  async killContainerd(): Promise<void> {
    await ended(this.#containerd, 'SIGKILL');
  }

  /** Also after `killDaemon`: on the same data. */
  async startDaemon(): Promise<void> {
    const { folder } = this;
    await rm(`${folder}/pid`, { force: true });
    const data = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`];
    const network = ['--bridge', this.#bridge, '--iptables=false', '--ip6tables=false'];
    const sockets = ['--host', `unix://${this.socketPath}`, '--containerd', this.#containerdSocket];
    const settings = ['--config-file', `${folder}/daemon.json`, '--storage-driver', this.#options.storageDriver];
    this.#daemon = spawnQuietly('dockerd', [...settings, ...data, ...network, ...sockets, '--log-level', 'error']);
    await until(async () => (await this.#call('GET', '/_ping')) === 'OK');
  }

  /** SIGKILL: its containers are left with their shims. */
  async killDaemon(): Promise<void> {
    await ended(this.#daemon, 'SIGKILL');
  }

  /** As an operator stops it: unless they live on, its containers are stopped first. */
  async stopDaemon(): Promise<void> {
    await ended(this.#daemon, 'SIGTERM');
  }

  async stop(): Promise<void> {
    await this.#removeAll().catch(() => undefined);
    await this.stopDaemon();
    await ended(this.#containerd, 'SIGTERM');
    this.#killShims();
    for (const line of [
      `umount -R ${this.folder}/data || umount -l ${this.folder}/data`,
      // Of containers that nobody could take down any more.
      `umount -l ${this.folder}/exec/netns/*`,
      `ip link del ${this.#bridge}`,
    ]) {
      try {
        sh(`${line} 2>/dev/null`);
      } catch {
        // It was not there.
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What an engine that was killed, or that could not be asked, has left: shims name its containerd, their children are the containers. */
  #killShims(): void {
    for (const pid of this.shims()) {
      try {
        const threads = readdirSync(`/proc/${pid}/task`);
        const children = threads
          .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
          .join(' ');
        for (const child of children.split(' ').filter((word) => word !== '')) process.kill(Number(child), 'SIGKILL');
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went meanwhile.
      }
    }
  }

  /** The processes between containerd and the containers, one for each of these. */
  shims(): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.map(Number).filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes('containerd-shim') && command.includes(this.#containerdSocket);
      } catch {
        return false;
      }
    });
  }

  /** With live-restore they would outlive the engine. */
  async #removeAll(): Promise<void> {
    const left = JSON.parse(await this.#call('GET', '/containers/json?all=1')) as { Id: string }[];
    for (const { Id } of left) await this.#call('DELETE', `/containers/${Id}?force=1`);
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

function spawnQuietly(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.on('data', (text: Buffer) => {
    if (process.env['GAVEL_TEST_VERBOSE'] !== undefined) console.error(text.toString());
  });
  return child;
}

async function ended(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}

/** Within 30 s, or not at all. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the test's own engine did not come up within 30 s");
}
