import { perform } from '../../../../cells/executor/actions/perform.ts';
import type {
  LocalFile,
  StepContext,
  StepEvent,
  StepProcess,
  StepResult,
} from '../../../../cells/executor/actions/step.ts';
import type { ContainerExit } from '../../../../cells/executor/runtime.ts';
import { Slots } from '../../../../cells/executor/transfers/slots.ts';
import type { Action, RunAction } from '../../../../src/domain/action.ts';

/** What a fake process does, as its args say: `exit=3 ms=50 term=ignore kill=ignore`. */
export function script(text: string): Action {
  return { run: runOf(text) };
}

export function runOf(text: string, over: Partial<RunAction> = {}): RunAction {
  return {
    path: '/bin/fake',
    args: text.split(' ').filter((part) => part !== ''),
    dir: '',
    env: [],
    user: '',
    log_source: '',
    suppress_log_output: false,
    volume_mounted_files: [],
    ...over,
  };
}

/** A world without an engine: what was started, said, signalled and moved is written down. */
export class FakeWorld {
  readonly lines: string[] = [];
  readonly started: string[] = [];
  readonly signals: string[] = [];
  readonly unpacked: string[] = [];
  readonly uploaded: string[] = [];
  readonly released: string[] = [];
  readonly events: StepEvent[] = [];
  readonly slots = { download: new Slots(1), upload: new Slots(1) };
  readonly hard = new AbortController();
  /** What the next of each fails with. */
  failDownload: Error | undefined;
  failUnpack: Error | undefined;
  failTakeOut: Error | undefined;
  failUpload: Error | undefined;
  downloadMs = 0;
  graceMs = 10_000;
  stopSignal = 'SIGTERM';
  cached = false;
  checkpoint = false;

  async run(action: Action, signal: AbortSignal = new AbortController().signal): Promise<StepResult> {
    return await perform(action, this.context(), signal);
  }

  context(): StepContext {
    return {
      path: 'action',
      source: 'APP',
      stopSignal: this.stopSignal,
      stopGraceMs: this.graceMs,
      hardStop: this.hard.signal,
      say: (source, text) => this.lines.push(`${source}: ${text}`),
      start: async (run, source) => await this.#start(run, source),
      atCheckpoint: () => this.checkpoint,
      transfers: {
        slot: async (kind, signal) => await this.slots[kind].take(signal),
        download: async ({ url }, signal) => {
          await pause(this.downloadMs, signal);
          if (this.failDownload !== undefined) throw this.failDownload;
          return this.#file(url);
        },
        upload: async (file, url, signal) => {
          await pause(this.downloadMs, signal);
          if (this.failUpload !== undefined) throw this.failUpload;
          this.uploaded.push(`${file.path} ${url}`);
        },
      },
      files: {
        unpack: async (file, to, user) => {
          await Promise.resolve();
          if (this.failUnpack !== undefined) throw this.failUnpack;
          this.unpacked.push(`${file.path} ${to} ${user}`);
        },
        takeOut: async (path) => {
          await Promise.resolve();
          if (this.failTakeOut !== undefined) throw this.failTakeOut;
          return this.#file(path);
        },
      },
      perform,
      observe: (event) => this.events.push(event),
    };
  }

  #file(path: string): LocalFile {
    const release = async (): Promise<void> => {
      await Promise.resolve();
      this.released.push(path);
    };
    return { path, sizeBytes: 12_897_485, cached: this.cached, release };
  }

  async #start(run: RunAction, source: string): Promise<StepProcess> {
    await Promise.resolve();
    const told = new Map(run.args.map((part) => part.split('=') as [string, string]));
    const refused = told.get('refuse');
    if (refused !== undefined) throw new Error(refused);
    this.started.push(`${source} ${run.args.join(' ')}`.trim());
    let end = (_exit: ContainerExit): void => undefined;
    const exit = new Promise<ContainerExit>((resolve) => {
      end = resolve;
    });
    const oomKilled = told.get('oom') === '1';
    const code = oomKilled ? 137 : Number(told.get('exit') ?? '0');
    const error = told.get('error') ?? '';
    const timer = setTimeout(() => end({ exitCode: code, oomKilled, error }), Number(told.get('ms') ?? '0'));
    const signal = async (name: string): Promise<void> => {
      await Promise.resolve();
      this.signals.push(name);
      if (told.get(name === 'SIGKILL' ? 'kill' : 'term') === 'ignore') return;
      clearTimeout(timer);
      // A polite process may end with success all the same.
      const politely = name !== 'SIGKILL' && told.has('polite');
      end({ exitCode: politely ? 0 : name === 'SIGKILL' ? 137 : 143, oomKilled: false, error: '' });
    };
    return { exit, signal };
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
