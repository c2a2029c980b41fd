// What `make run` shows: the one-machine system started, one real task submitted, and all that becomes of it, up to the
// callback that a receiver of ours gets. Expects a compiled program in dist/ and an engine at DOCKER_HOST.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = `${root}dist/src/main.js`;
// A folder of this run alone: what an interrupted run left is no obstacle, and two at once do not meet.
const folder = `${root}.run/quickstart-${process.pid}`;
const logFile = `${root}.run/quickstart.log`;
const READY_MS = 60_000;
const TASK_MS = 60_000;
const CALLBACK_MS = 30_000;
const STOP_MS = 12_000;

const started = Date.now();
const say = (line = '') => console.log(line);
const step = (line) => say(`\n[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`);

/** What to undo, last first. */
const undo = [];

// --- the command line, as this script uses it -----------------------------------------------------------------------

let server = '';

const devArguments = (listen) => ['dev', '--state-dir', `${folder}/state`, '--listen', listen];
const cli = {
  cells: () => json(['cells', '-o', 'json', '--server', server]),
  submit: (file) => json(['task', 'submit', file, '-o', 'json', '--server', server]),
  /** What a person sees who joins the task: its stages and its output, to the end. */
  join: (guid, onLine) => lines(['task', guid, '--server', server], onLine),
};

const registeredCells = (answer) => (Array.isArray(answer) ? answer : (answer?.items ?? answer?.cells ?? []));
const guidOf = (answer) => answer?.task_guid ?? answer?.task?.task_guid;

/** Which time of the record tells when a state began. */
const STATES = {
  PENDING: 'created_at',
  CLAIMED: 'claimed_at',
  RUNNING: 'started_at',
  COMPLETED: 'first_completed_at',
  RESOLVING: 'updated_at',
};

/** A nanosecond time of the record, read from the text: its nineteen digits do not survive JSON.parse. */
function timeOf(body, field) {
  const nanos = BigInt(body.match(new RegExp(`"${field}":(\\d+)`))?.[1] ?? 0);
  return `${new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
}

// --- running it --------------------------------------------------------------------------------------------------------

const running = new Set();

function start(args, options = {}) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  child.ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => running.delete(child));
  return child;
}

async function text(stream) {
  let all = '';
  for await (const piece of stream.setEncoding('utf8')) all += piece;
  return all;
}

async function json(args) {
  const child = start(args);
  const [out, err, { code }] = await Promise.all([text(child.stdout), text(child.stderr), child.ended]);
  if (code !== 0) throw new Error(`gavel ${args.join(' ')} ended with ${code}: ${err.trim()}`);
  return JSON.parse(out);
}

async function lines(args, onLine) {
  // Both streams: a task's stderr is a part of what is shown.
  const child = start(['--no-color', ...args]);
  createInterface({ input: child.stderr }).on('line', onLine);
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  return await child.ended;
}

async function within(ms, what, promise) {
  const late = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${what} did not happen within ${ms / 1000} s`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

async function stop(child, what) {
  if (!running.has(child)) return;
  child.kill('SIGTERM');
  const ended = await Promise.race([child.ended.then(() => true), sleep(STOP_MS, false, { ref: false })]);
  if (ended) return;
  child.kill('SIGKILL');
  await child.ended;
  throw new Error(`${what} did not stop within ${STOP_MS / 1000} s of SIGTERM and was killed`);
}

async function freePort() {
  const probe = createTcpServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

// --- the parts ---------------------------------------------------------------------------------------------------------

/** A receiver of callbacks: answers 200 and keeps what came. */
async function receiver() {
  let received;
  const arrived = new Promise((resolve) => (received = resolve));
  const http = createServer(async (request, response) => {
    const body = await text(request);
    response.writeHead(200).end();
    received({ method: request.method, url: request.url, headers: request.headers, body });
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { url: `http://127.0.0.1:${http.address().port}/done`, arrived };
}

async function startSystem() {
  const listen = `127.0.0.1:${await freePort()}`;
  server = listen;
  const log = createWriteStream(logFile);
  const dev = start(devArguments(listen), { env: process.env });
  dev.stdout.pipe(log, { end: false });
  dev.stderr.pipe(log, { end: false });
  undo.push(async () => {
    try {
      await stop(dev, 'gavel dev');
    } finally {
      log.end();
    }
  });
  const ready = (async () => {
    for (let last; ; await sleep(200)) {
      if (!running.has(dev)) throw new Error(`gavel dev ended before it was ready${last ? ` (${last.message})` : ''}`);
      try {
        const cells = registeredCells(await cli.cells());
        if (cells.length > 0) return cells;
      } catch (error) {
        last = error;
      }
    }
  })();
  ready.catch(() => {}); // told by `within`, or too late to matter
  const cells = await within(READY_MS, 'a cell joining', ready);
  return { listen, cells };
}

async function main() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  undo.push(() => rm(folder, { recursive: true, force: true }));

  const callbacks = await receiver();
  step('starting the one-machine system (gavel dev, embedded store)');
  const { listen, cells } = await startSystem();
  say(
    `  ready at ${listen}, cells: ${cells.map((c) => c.cell_id ?? c.id ?? '?').join(', ')}, engine: ${process.env.DOCKER_HOST}`,
  );

  const request = JSON.parse(await readFile(`${root}examples/hello.json`, 'utf8'));
  request.completion_callback_url = callbacks.url;
  await writeFile(`${folder}/hello.json`, JSON.stringify(request, null, 2));
  step('submitting examples/hello.json');
  const guid = guidOf(await cli.submit(`${folder}/hello.json`)) ?? request.task_guid;
  say(`  task ${guid}`);

  step('what becomes of it');
  const joined = cli.join(guid, (line) => say(`  ${line}`));
  joined.catch(() => {});
  const callback = await within(TASK_MS + CALLBACK_MS, 'the callback', callbacks.arrived);
  await within(STOP_MS, 'the end of the task', joined);

  const task = JSON.parse(callback.body);
  step('its states');
  for (const [state, field] of Object.entries(STATES)) say(`  ${timeOf(callback.body, field)}  ${state}`);
  step('the callback, as received');
  say(`  ${callback.method} ${callback.url}  ${callback.headers['content-type']}`);
  for (const line of callback.body.split('\n')) say(`  ${line}`);
  step('result');
  say(`  failed: ${task.failed}${task.failed ? ` (${task.failure_reason})` : ''}`);
  say(`  result: ${JSON.stringify(task.result)}`);
  if (task.failed) throw new Error(`the task failed: ${task.failure_reason}`);
}

let undone;
let interrupted = false;
function undoAll() {
  undone ??= (async () => {
    let failure;
    for (const action of undo.splice(0).reverse()) {
      try {
        await action();
      } catch (error) {
        failure ??= error;
      }
    }
    for (const child of running) child.kill('SIGKILL');
    if (failure !== undefined) throw failure;
  })();
  return undone;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    interrupted = true;
    undoAll()
      .catch(() => {})
      .finally(() => process.exit(code));
  });
}

try {
  await main();
  step('stopping every process that was started');
  await undoAll();
  say('  done');
} catch (error) {
  if (interrupted) await new Promise(() => {}); // the signal's handler ends us
  console.error(`\ngavel: make run failed: ${error.message}`);
  console.error(`gavel: the end of ${logFile}:`);
  await undoAll().catch((failure) => console.error(`gavel: ${failure.message}`));
  const log = await readFile(logFile, 'utf8').catch(() => '');
  console.error(log.split('\n').slice(-25).join('\n'));
  process.exitCode = 1;
}
