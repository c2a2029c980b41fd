/*
 * Fault points, armed from outside. Loaded by NODE_OPTIONS=--import into the processes that a fault test starts, it wraps the
 * boundaries of a task's life in the built modules (the very instances the program uses): the calls between roles, the store's
 * commits, the engine's requests. Nothing of it is in the program; without the file that arms it, it does nothing.
 *
 * GAVEL_FAULT_FILE names a file that the test writes at any time: `POINT:before|after=ACTION[(MS)][@N]`, separated by `;`.
 *   points   an rpc method (`StartTasks`), `placed` (the word of new claims comes to a cell, is taken), `store.KIND` (desire claim start release complete resolve remove outbox cell leader number history), `engine.KIND` (create attach start inspect wait kill remove archive list info)
 *   actions  kill (SIGKILL self), stop (SIGSTOP self), stall(ms) (the event loop stands still), delay(ms), drop (not sent, or the answer
 *            thrown away: unavailable), throw (where nobody catches it)
 *   @N       only at the Nth time since it was armed, and once; without it the first time, once. `@*`: every time
 * What happened is appended to FILE.fired.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const file = process.env.GAVEL_FAULT_FILE;
const main = process.argv[1] ?? '';
const role = process.argv[2] ?? '';

if (file !== undefined && main.endsWith('main.js')) await install(dirname(dirname(main)));

async function install(dist) {
  const load = async (path) => await import(pathToFileURL(join(dist, path)).href);
  const { DomainError } = await load('src/domain/errors.js');
  const gone = (point) => new DomainError('unavailable', `${point}: the test dropped it`);
  /** Runs `call` between its two points. */
  const between = async (point, call) => {
    if ((await pass(point, 'before')) === 'drop') throw gone(point);
    const answer = await call();
    if ((await pass(point, 'after')) === 'drop') throw gone(point);
    return answer;
  };

  const { Channel } = await load('src/rpc/client.js');
  const client = Channel.prototype.client;
  Channel.prototype.client = function (service) {
    const methods = client.call(this, service);
    for (const name of UNARY) {
      const send = methods[name];
      if (send !== undefined) methods[name] = (...args) => between(name, () => send(...args));
    }
    const { Control } = methods;
    if (Control !== undefined) methods.Control = (...args) => withPlaced(Control(...args));
    return methods;
  };

  if (role === 'bbs') {
    const { GroupCommit } = await load('bbs/store/etcd/group-commit.js');
    const add = GroupCommit.prototype.add;
    GroupCommit.prototype.add = function (commit, bytes) {
      return between(`store.${kindOfCommit(commit)}`, () => add.call(this, commit, bytes));
    };
  }

  if (role === 'cell') {
    const { Engine } = await load('cells/docker/engine.js');
    for (const method of ['json', 'open']) {
      const send = Engine.prototype[method];
      Engine.prototype[method] = function (request) {
        return between(`engine.${kindOfRequest(request)}`, () => send.call(this, request));
      };
    }
  }
}

async function* withPlaced(messages) {
  for await (const message of messages) {
    const placed = message.placed != null;
    if (placed && (await pass('placed', 'before')) === 'drop') continue;
    yield message;
    if (placed) await pass('placed', 'after');
  }
}

const UNARY = [
  'Register',
  'Renew',
  'Leave',
  'FetchTasks',
  'StartTasks',
  'ReleaseTasks',
  'CompleteTasks',
  'AdoptTasks',
  'ListMyTasks',
  'ClaimTasks',
  'RejectTasks',
];

function kindOfCommit({ guards, writes }) {
  const put = writes.find((write) => write.put?.startsWith('task/'));
  if (put !== undefined) {
    const { state } = JSON.parse(put.value.toString('latin1'));
    const made = guards.some((guard) => guard.key === put.put && guard.modRevision === 0);
    switch (state) {
      case 'PENDING':
        return made ? 'desire' : 'release';
      case 'CLAIMED':
        return 'claim';
      case 'RUNNING':
        return 'start';
      case 'COMPLETED':
        return 'complete';
      default:
        return 'resolve';
    }
  }
  if (writes.some((write) => write.delete?.startsWith('task/'))) return 'remove';
  const first = writes[0]?.put ?? writes[0]?.delete ?? '';
  return (
    { cell: 'cell', outbox: 'outbox', leader: 'leader', seq: 'number', history: 'history' }[first.split('/')[0]] ??
    'other'
  );
}

function kindOfRequest({ method, path }) {
  if (method === 'DELETE') return 'remove';
  if (path.includes('/archive')) return method === 'PUT' ? 'fill' : 'archive';
  if (path.includes('/containers/create')) return 'create';
  if (path.endsWith('/containers/json')) return 'list';
  const verb = /\/(?:containers|exec)\/[^/]+\/(\w+)$/.exec(path)?.[1];
  if (verb === 'json') return 'inspect';
  return verb ?? 'info';
}

let armed = '';
let faults = [];

/** What is armed for this point, looked up anew each time: the test arms and disarms while we run. */
async function pass(point, when) {
  const fault = due(point, when);
  if (fault === undefined) return undefined;
  appendFileSync(`${file}.fired`, `${point}:${when}=${fault.action}\n`);
  switch (fault.action) {
    case 'kill':
    case 'stop':
      process.kill(process.pid, fault.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      return undefined;
    case 'stall':
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.ms);
      return undefined;
    case 'delay':
      await sleep(fault.ms);
      return undefined;
    case 'throw':
      setImmediate(() => {
        throw new Error(`thrown by the test at ${point}`);
      });
      return undefined;
    default:
      return 'drop';
  }
}

function due(point, when) {
  let text = '';
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    // Not armed.
  }
  if (text !== armed) {
    armed = text;
    faults = text.split(';').flatMap(parse);
  }
  const fault = faults.find((one) => one.point === point && one.when === when);
  if (fault === undefined) return undefined;
  fault.seen += 1;
  return fault.at === '*' || fault.seen === fault.at ? fault : undefined;
}

function parse(text) {
  const match = /^\s*([\w.]+):(before|after)=(kill|stop|stall|delay|throw|drop)(?:\((\d+)\))?(?:@(\d+|\*))?\s*$/.exec(
    text,
  );
  if (match === null) return [];
  const [, point, when, action, ms, at] = match;
  return [{ point, when, action, ms: Number(ms ?? 0), at: at === '*' ? '*' : Number(at ?? 1), seen: 0 }];
}
