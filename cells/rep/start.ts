import { randomUUID } from 'node:crypto';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { formatSize } from '../../src/platform/size.ts';
import { traced } from '../../src/platform/trace.ts';
import { processOf } from '../executor/actions/root.ts';
import type { LocalFile } from '../executor/actions/step.ts';
import { digestOf, idleSpec, limitsInForce, runSpec } from '../executor/container-spec.ts';
import { infraFailed } from '../executor/ending.ts';
import { imageSource } from '../executor/image-ref.ts';
import type { IdleSpec } from '../executor/runtime.ts';
import { type Dependencies, fetchDependencies, fillContainer, hasFiles, type SetupDeps } from '../executor/setup.ts';
import { termsOf } from '../executor/terms.ts';
import type { Attempt } from './attempt.ts';
import { isDead } from './calls.ts';
import type { RepContext } from './context.ts';
import { digest, mark, markImage, markPull } from './events.ts';
import { account, concludeUnrun, discard, listen, noteRunning, observe } from './finish.ts';
import { fetchInput, unpackInput } from './input.ts';
import { rest } from './retry.ts';
import { runSteps } from './steps.ts';
import { claimToWire } from './wire.ts';

/** A claim may be told to us before the BBS that we ask has seen it. */
const FETCH_AGAIN_MS = [50, 250];
const CONFIRM_PAUSE_MS = 250;

/** A claim's way to its running process. What cannot be run here goes back or fails, in words. */
export async function runClaim(rep: RepContext, attempt: Attempt, told: Task | undefined): Promise<void> {
  mark(rep, attempt, 'rep', 'received', `claim received by ${rep.policy.cellId}`);
  const task = told ?? (await fetchTask(rep, attempt));
  if (task === undefined) return await discard(rep, attempt);
  const attributes = {
    'gavel.task': task.task_guid,
    'gavel.attempt': attempt.attempt,
    'gavel.cell': rep.policy.cellId,
  };
  await traced('attempt', { parent: task.traceparent, attributes }, async () => await carryOut(rep, attempt, task));
}

async function carryOut(rep: RepContext, attempt: Attempt, task: Task): Promise<void> {
  attempt.uid = task.uid;
  attempt.terms = termsOf(task);
  attempt.steps = processOf(task.action) === undefined;
  attempt.describeOutput(task.log_guid, task.metric_tags);
  const short = rep.capacity.reserve(attempt.attempt, attempt.terms.amounts);
  account(rep, attempt);
  if (short.length > 0) {
    return await giveBack(rep, attempt, 'insufficient_resources', `insufficient resources: ${short.join(', ')}`);
  }
  attempt.phase = 'preparing';
  const prepared = await traced('container.create', {}, async () => await prepare(rep, attempt, task));
  if (prepared === undefined) return;
  await begin(rep, attempt, task, prepared);
}

async function fetchTask(rep: RepContext, attempt: Attempt): Promise<Task | undefined> {
  for (const pauseMs of [...FETCH_AGAIN_MS, undefined]) {
    try {
      const { task, code } = await rep.calls.fetch(attempt, attempt.givenUp);
      if (task !== undefined && code === '') return task;
      if (pauseMs === undefined) rep.log.info({ ...idOf(attempt), code }, 'claim.gone');
      else await rest(pauseMs, attempt.givenUp);
    } catch (error) {
      rep.leaving.throwIfAborted();
      if (attempt.givenUp.aborted) return undefined;
      throw error;
    }
  }
  return undefined;
}

interface Prepared {
  readonly container: string;
  readonly imageDigest: string;
  readonly limits: Record<string, string>;
}

/** All that can fail and be tried elsewhere comes before the start: image, container, its output. */
async function prepare(rep: RepContext, attempt: Attempt, task: Task): Promise<Prepared | undefined> {
  let doing = 'image';
  let dependencies: Dependencies | undefined;
  let input: LocalFile | undefined;
  try {
    const login = { username: task.image_username, password: task.image_password };
    const source = imageSource(task.root_fs, rep.preloaded, login);
    rep.engineCalls.begin(
      attempt.attempt,
      source.kind === 'preloaded' ? source.image : source.reference,
      rep.clock.nowMs(),
    );
    const image = await traced(
      'image',
      { attributes: { 'gavel.root_fs': task.root_fs } },
      async () => await rep.runtime.ensureImage(source, attempt.givenUp, markPull(rep, attempt, task.root_fs)),
    );
    markImage(rep, attempt, task.root_fs, image);
    attempt.givenUp.throwIfAborted();
    doing = 'dependency';
    const setup = setupOf(rep, attempt, task);
    dependencies = await fetchDependencies(setup, attempt.givenUp);
    const fetched = task.cached_dependencies.length;
    if (fetched > 0) mark(rep, attempt, 'rep', 'dependencies_ready', `${fetched} dependencies are here`);
    doing = 'input';
    input = await fetchInput(rep, attempt, task);
    doing = 'container';
    const { spec, take, make } = containerOf(rep, attempt, task, image.id, hasFiles(setup) || input !== undefined);
    // Neither needs the other, and both have to be done before the start may be sent.
    const [created, noted] = await Promise.allSettled([
      create(rep, attempt, spec.name, take, make),
      note(rep, attempt, spec, 'prepared'),
    ]);
    if (created.status === 'rejected') throw created.reason;
    if (noted.status === 'rejected') {
      doing = 'journal';
      throw noted.reason;
    }
    mark(rep, attempt, 'runtime', 'container_created', 'container created', { data: { container: spec.name } });
    await fillContainer(setup, created.value, dependencies, attempt.givenUp);
    if (input !== undefined) {
      await unpackInput(rep, created.value, task, input, attempt.givenUp);
      mark(rep, attempt, 'rep', 'input_ready', `${formatSize(input.sizeBytes)} of input are in ${task.input_dir}`);
    }
    // The process of an idling container says nothing; its steps are listened to one by one.
    if (!attempt.steps) await listen(rep, attempt, created.value);
    attempt.givenUp.throwIfAborted();
    const limits = limitsInForce(spec, task, rep.engine());
    return { container: created.value, imageDigest: digestOf(image), limits };
  } catch (error) {
    rep.leaving.throwIfAborted();
    await onUnprepared(rep, attempt, doing, error);
    return undefined;
  } finally {
    await dependencies?.release();
    await input?.release();
  }
}

interface Way {
  readonly spec: IdleSpec;
  /** One that is ready already, if there is one. */
  readonly take: () => Promise<string | undefined>;
  readonly make: () => Promise<string>;
}

/** A task that is one run action has it as the container's own process; any other tree runs in a container that idles. */
function containerOf(rep: RepContext, attempt: Attempt, task: Task, image: string, filled: boolean): Way {
  const { runtime, policy, prepared } = rep;
  const none = async (): Promise<undefined> => await Promise.resolve(undefined);
  const placement = { uid: task.uid, attempt: attempt.attempt };
  const run = processOf(task.action);
  if (run === undefined) {
    const idle = idleSpec(task, placement, image, policy);
    return { spec: idle, take: none, make: async () => await runtime.createIdle(idle) };
  }
  const spec = runSpec(task, run, placement, image, policy);
  // What has to lie in it before its process takes longer than the container itself.
  const take = filled ? none : async () => await prepared.take(spec);
  return { spec, take, make: async () => await runtime.create(spec) };
}

function setupOf(rep: RepContext, attempt: Attempt, task: Task): SetupDeps {
  const { runtime, transfers, certificates } = rep;
  const { source } = attempt.terms;
  const say = (name: string, text: string): void => attempt.spool.say(text, name);
  return { runtime, task, transfers, certificates, maxBytes: rep.unpackMaxBytes, source, say };
}

async function create(
  rep: RepContext,
  attempt: Attempt,
  name: string,
  take: Way['take'],
  make: Way['make'],
): Promise<string> {
  // Known by its name before the call: when the answer is lost, that is what removes it.
  attempt.container = name;
  rep.engineCalls.made(attempt.attempt, name);
  const taken = await take();
  attempt.prepared = taken !== undefined;
  const id =
    taken ??
    (await rep.starts.through(async () => {
      attempt.givenUp.throwIfAborted();
      return await make();
    }));
  attempt.container = id;
  rep.engineCalls.made(attempt.attempt, id);
  return id;
}

async function note(rep: RepContext, attempt: Attempt, spec: IdleSpec, phase: 'prepared' | 'running'): Promise<void> {
  const { guid, uid, terms } = attempt;
  await rep.journal.write({ guid, uid, attempt: attempt.attempt, container: spec.name, phase, terms });
}

const REFUSED: Readonly<Record<string, string>> = {
  image: 'image_not_found',
  dependency: 'download_failed',
  input: 'input_failed',
};

/** Permanent: no cell can run it. Otherwise another one may. */
async function onUnprepared(rep: RepContext, attempt: Attempt, doing: string, error: unknown): Promise<void> {
  if (attempt.stop !== undefined) return await abandon(rep, attempt);
  const text = errorText(error);
  rep.log.warn({ ...idOf(attempt), doing, error: text }, 'attempt.prepare-failed');
  const code = isDomainError(error) ? error.code : 'internal';
  mark(rep, attempt, 'runtime', doing === 'image' ? 'pull_failed' : `${doing}_failed`, text, { cause: code });
  const permanent = code === 'not_found' || code === 'invalid_argument' || code === 'permission_denied';
  if (!permanent || doing === 'journal') return await giveBack(rep, attempt, `${doing}_unavailable`, text);
  const failure = code === 'permission_denied' ? 'not_allowed' : (REFUSED[doing] ?? 'container_refused');
  await concludeUnrun(rep, attempt, infraFailed(failure, text));
}

/** A stop order came before the process: nobody waits for it, or another cell shall have it. */
async function abandon(rep: RepContext, attempt: Attempt): Promise<void> {
  if (attempt.stop?.cause === 'cell_stopped') await giveBack(rep, attempt, 'cell_stopping', 'the cell is stopping');
  else if (attempt.stop?.cause === 'cell_drained')
    await giveBack(rep, attempt, 'cell_draining', 'the cell is draining');
  else await discard(rep, attempt);
}

async function giveBack(rep: RepContext, attempt: Attempt, code: string, reason: string): Promise<void> {
  mark(rep, attempt, 'rep', 'gave_back', reason, { cause: code });
  // At once: an engine that does not answer must not keep the task from other cells. The container holds its share here until it is gone.
  const told = rep.calls.release(attempt, code, reason, await digest(rep, attempt), rep.leaving).then((judged) => {
    rep.log.info({ ...idOf(attempt), code, reason, verdict: judged.code }, 'claim.released');
  });
  // Its outcome is awaited at the end of discard; until then nobody listens.
  told.catch(() => undefined);
  await discard(rep, attempt, async () => await told);
}

/** StartTasks, then the engine's start: each at most once in effect (reliability 4.7). */
async function begin(rep: RepContext, attempt: Attempt, task: Task, prepared: Prepared): Promise<void> {
  const { membership, runtime, log } = rep;
  const { container } = prepared;
  attempt.phase = 'starting';
  const signal = attempt.givenUp;
  const unconfirmed = (why: string) => infraFailed('start_not_confirmed', why);
  // Made here, kept nowhere: after a restart nobody can claim to be this try (F4).
  const nonce = randomUUID();
  let answer;
  try {
    await untilSure(rep, signal);
    answer = await rep.calls.start(
      { claim: claimToWire(attempt), nonce, image_digest: prepared.imageDigest, limits_in_force: prepared.limits },
      signal,
    );
  } catch (error) {
    rep.leaving.throwIfAborted();
    if (attempt.stop === undefined) throw error;
    // Asked or not, the nonce is forgotten here, so it never runs. Should the BBS have it RUNNING, the report says so.
    if (attempt.stop.cause === 'ended') return await discard(rep, attempt);
    return await concludeUnrun(rep, attempt, unconfirmed(`start not confirmed: ${orderText(attempt)}`));
  }
  if (answer.code !== '') {
    log.info({ ...idOf(attempt), verdict: answer.code, message: answer.message }, 'start.refused');
    mark(rep, attempt, 'rep', 'start_refused', answer.message, { cause: answer.code });
    if (!isDead(answer)) return await giveBack(rep, attempt, 'start_refused', answer.message);
    return await discard(rep, attempt);
  }
  let failure: unknown;
  let sent = false;
  await rep.starts
    .through(async () => {
      await untilSure(rep, signal);
      // A new epoch means that the BBS has seen us gone: what was granted before counts no more.
      if (membership.epoch !== answer.epoch) return;
      sent = true;
      await traced('container.start', {}, async () => await runtime.start(container));
    }, 'front')
    .catch((error: unknown) => {
      failure = error;
    });
  if (!sent) {
    rep.leaving.throwIfAborted();
    return await concludeUnrun(rep, attempt, unconfirmed(`start not confirmed: ${orderText(attempt)}`));
  }
  if (failure !== undefined && !(await hasStarted(rep, attempt, container, failure))) {
    const refused = isRefusal(failure);
    const why = refused ? errorText(failure) : 'start not confirmed';
    return await concludeUnrun(rep, attempt, refused ? infraFailed('start_refused', why) : unconfirmed(why));
  }
  log.info(idOf(attempt), 'attempt.started');
  if (attempt.prepared) {
    attempt.begunAt = rep.clock.nowNanos();
    // Before anybody may leave it to itself: nothing else tells the next process of this cell that it is not idle any more.
    await noteRunning(rep, attempt).catch((error: unknown) => {
      log.warn({ ...idOf(attempt), error: errorText(error) }, 'journal.write-failed');
    });
  }
  mark(rep, attempt, 'runtime', 'started', 'container started');
  if (!attempt.steps) mark(rep, attempt, 'action', 'action_started', 'action.run', { data: { path: 'action.run' } });
  await traced('container.run', {}, async () => {
    if (attempt.steps) await runSteps(rep, attempt, container, task);
    else await observe(rep, attempt, container);
  });
}

/** A start whose answer was lost may have happened, or may be about to: only the container itself can say. */
async function hasStarted(rep: RepContext, attempt: Attempt, container: string, failure: unknown): Promise<boolean> {
  rep.log.warn({ ...idOf(attempt), error: errorText(failure) }, 'start.unanswered');
  const until = rep.clock.monotonicMs() + rep.confirmStartMs;
  for (;;) {
    const state = await rep.runtime.inspect(container).catch(() => undefined);
    if (state?.status === 'running' || state?.status === 'exited') return true;
    if (state?.status === 'missing' || (state !== undefined && isRefusal(failure))) return false;
    if (rep.clock.monotonicMs() >= until) return false;
    await rest(CONFIRM_PAUSE_MS, rep.leaving);
  }
}

/** The engine answered, and the answer was no. */
function isRefusal(failure: unknown): boolean {
  return isDomainError(failure) && !['unavailable', 'deadline', 'cancelled', 'internal'].includes(failure.code);
}

async function untilSure(rep: RepContext, signal: AbortSignal): Promise<void> {
  // A stop order ends the wait, and being fenced is one.
  while (!rep.membership.sure) await rest(100, signal);
  signal.throwIfAborted();
}

function orderText(attempt: Attempt): string {
  if (attempt.stop?.cause === 'cell_stopped') return 'cell stopped';
  if (attempt.stop?.cause === 'cell_drained') return 'cell was drained';
  return attempt.stop?.cause === 'ended' ? 'the task has ended' : 'the cell lost contact with the BBS';
}

export function idOf(attempt: Attempt): { guid: string; attempt: string } {
  return { guid: attempt.guid, attempt: attempt.attempt };
}
