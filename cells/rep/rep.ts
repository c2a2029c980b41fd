import { errorText } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { LABELS } from '../executor/container-spec.ts';
import { infraFailed, type StopCause } from '../executor/ending.ts';
import { termsOf, UNKNOWN_TERMS } from '../executor/terms.ts';
import { Attempt } from './attempt.ts';
import { isDead } from './calls.ts';
import type { RepContext } from './context.ts';
import { mark } from './events.ts';
import { concludeUnrun, deliver, discard, listen, observe } from './finish.ts';
import type { Found } from './found.ts';
import type { Phase, Step } from './plan.ts';
import { plan } from './plan.ts';
import { rest } from './retry.ts';
import { idOf, runClaim } from './start.ts';
import type { BbsAttempt, Claim } from './wire.ts';

/** How many attempts that are over are remembered, so that a list of before does not bring them back. */
const REMEMBERED = 2_000;

/** Phases that the next process of this cell takes up by itself. */
const STAYS: ReadonlySet<Phase> = new Set(['found-process', 'found-created', 'running', 'reporting']);

/** Everything that this cell holds, each attempt on its own way; and what the BBS says put next to it. */
export class Rep {
  readonly #context: RepContext;
  readonly #attempts = new Map<string, Attempt>();
  readonly #over = new Set<string>();
  readonly #ways = new Set<Promise<void>>();
  #stopping = false;

  /** @param context everything but what the rep itself knows. */
  constructor(context: Omit<RepContext, 'forget'>) {
    this.#context = { ...context, forget: (attempt) => this.#forget(attempt) };
    const letGo = () => {
      for (const attempt of this.#attempts.values()) attempt.letGo();
    };
    context.leaving.addEventListener('abort', letGo, { once: true });
  }

  get size(): number {
    return this.#attempts.size;
  }

  /** Nothing is on its way to its process or from its end to its report. */
  get quiet(): boolean {
    for (const { phase } of this.#attempts.values()) if (phase !== 'running') return false;
    return true;
  }

  find(attempt: string): Attempt | undefined {
    return this.#attempts.get(attempt);
  }

  /** Whose processes run. */
  running(): readonly Attempt[] {
    return [...this.#attempts.values()].filter(({ phase }) => phase === 'running');
  }

  /** Begins with a claim, unless it is known. @param told the task, when the BBS has told it with the claim; fetched otherwise. */
  take(claim: Claim, told?: Task): void {
    if (this.#stopping || this.#over.has(claim.attempt) || this.#attempts.has(claim.attempt)) return;
    const attempt = this.#add(claim, this.#context.membership.epoch ?? '', 'fetching');
    this.#go(attempt, async () => await runClaim(this.#context, attempt, told));
  }

  /** @param graceMs unset = the task's own. */
  stop(attemptId: string, cause: StopCause, graceMs?: number): void {
    const attempt = this.#attempts.get(attemptId);
    attempt?.order(cause, graceMs ?? attempt.terms.stopGraceMs);
  }

  /** @param graceMs unset = each task's own. */
  stopAll(cause: StopCause, graceMs?: number): void {
    for (const attempt of this.#attempts.values()) {
      attempt.order(cause, graceMs ?? attempt.terms.stopGraceMs);
      // Not adopted yet, so nobody watches it; its end will be told when the BBS can be asked.
      if (attempt.phase === 'found-process') this.#resume(attempt, true);
    }
  }

  /** No more claims, and those that have not been asked to start go back. */
  close(): void {
    this.#stopping = true;
    for (const attempt of this.#attempts.values()) {
      if (attempt.phase === 'fetching' || attempt.phase === 'preparing') attempt.order('cell_stopped', 0);
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#ways.size > 0) await Promise.allSettled(this.#ways);
  }

  /**
   * Resolves when everything that is left has a process of its own, which may go on without us. A tree of actions cannot, since
   * where it stands is known to us alone: it may come to its end for `treesMs`, then it is ended, with its own grace or this one.
   */
  async handedBack(treesMs: number, graceMs: number): Promise<void> {
    const { leaving, clock } = this.#context;
    const until = clock.monotonicMs() + treesMs;
    const ours = ({ phase, steps }: Attempt) =>
      !STAYS.has(phase) || (steps && (phase === 'running' || phase === 'reporting'));
    const busy = () => [...this.#attempts.values()].filter(ours);
    for (let left = busy(); left.length > 0; left = busy()) {
      if (clock.monotonicMs() >= until) {
        for (const tree of left.filter(({ steps, phase }) => steps && phase === 'running'))
          tree.order('cell_stopped', Math.min(tree.terms.stopGraceMs, graceMs));
      }
      await rest(20, leaving);
    }
  }

  /** What an earlier process of this cell left; held until the BBS has been asked. */
  restore(found: Found): void {
    const { capacity } = this.#context;
    for (const { claim, created, spool, ...known } of found.containers) {
      const attempt = this.#add(claim, '', created ? 'found-created' : 'found-process', spool);
      Object.assign(attempt, known);
      attempt.accounted = true;
      capacity.take(attempt.attempt, known.terms.amounts);
    }
    for (const entry of found.outbox) {
      const attempt = this.#attempts.get(entry.attempt);
      if (attempt !== undefined) attempt.phase = 'reporting';
      // Its outcome is known: that the BBS still lists it means no more than that it has not been told.
      else this.#remember(entry.attempt);
      this.#go(attempt, async () => {
        await deliver(this.#context, entry);
        if (attempt !== undefined) await discard(this.#context, attempt);
      });
    }
    // The place of the process before us may be held for a whole lease yet, and what is written meanwhile is never to be had again.
    for (const attempt of this.#attempts.values()) {
      const { phase, steps, terms, container } = attempt;
      if (phase === 'found-process' && !steps && terms !== UNKNOWN_TERMS && container !== undefined)
        attempt.hearing = this.#hearAgain(attempt, container);
    }
  }

  /** Makes cell and BBS agree. @throws when the BBS cannot be asked. */
  async reconcile(epoch: string): Promise<void> {
    const listed = await this.#context.calls.list(epoch);
    const local = [...this.#attempts.values()].map((attempt) => attempt.view());
    const steps = plan(
      epoch,
      local,
      listed.filter((task: BbsAttempt) => !this.#over.has(task.attempt)),
    );
    if (steps.length > 0) this.#context.log.info({ steps: summarize(steps) }, 'cell.reconciling');
    // Adoption is part of settling in: until it is done nothing may be reported or begun under the new epoch.
    await Promise.all(steps.map(async (step) => await this.#execute(step, epoch)));
  }

  /** Containers that carry our label and belong to nothing we know of: a create whose answer was lost, for one. */
  async removeStrays(): Promise<void> {
    const { runtime, prepared, log } = this.#context;
    for (const owned of await runtime.listOwned()) {
      const { id, name, labels } = owned;
      const attempt = labels[LABELS.attempt];
      if (attempt !== undefined && this.#attempts.has(attempt)) continue;
      // Those without an attempt are either kept ready by this process, or were when their task came.
      if (prepared.owns(owned) || this.#holds(id)) continue;
      log.warn({ container: name, attempt }, 'container.stray');
      await runtime.remove(id);
    }
  }

  /** All that carries our label, whatever it is for. */
  async removeAll(): Promise<void> {
    const { runtime } = this.#context;
    await Promise.all((await runtime.listOwned()).map(async ({ id }) => await runtime.remove(id)));
  }

  #holds(container: string): boolean {
    for (const attempt of this.#attempts.values()) if (attempt.container === container) return true;
    return false;
  }

  async #execute({ does, claim }: Step, epoch: string): Promise<void> {
    const attempt = this.#attempts.get(claim.attempt);
    switch (does) {
      case 'take':
        // Goes its own way: a full cell or a slow registry must not hold up the others.
        this.take(claim);
        return;
      case 'fail-missing':
        if (attempt === undefined) this.#failMissing(claim);
        return;
      case 'adopt':
        if (attempt !== undefined) await this.#adopt(attempt, epoch);
        return;
      case 'verify':
        if (attempt !== undefined) await this.#verify(attempt);
        return;
      case 'give-up':
      case 'end':
        this.stop(claim.attempt, 'ended');
        return;
      case 'fail-unstarted':
        if (attempt?.phase === 'found-created') {
          const ending = infraFailed('start_not_confirmed', 'start not confirmed: the cell was restarted');
          this.#go(attempt, async () => await concludeUnrun(this.#context, attempt, ending));
        }
        return;
      case 'discard':
        if (attempt?.phase === 'found-created') this.#go(attempt, async () => await discard(this.#context, attempt));
        return;
    }
  }

  /** Ours still? The BBS's compare decides, not what a list says. */
  async #adopt(attempt: Attempt, epoch: string): Promise<void> {
    const { calls, leaving, log } = this.#context;
    const judged = await calls.adopt(attempt, leaving);
    log.info({ ...idOf(attempt), epoch, verdict: judged.code }, 'attempt.adopted');
    if (judged.code === '') attempt.epoch = epoch;
    if (attempt.phase === 'found-process') this.#resume(attempt, judged.code === '');
    else if (isDead(judged)) this.stop(attempt.attempt, 'ended');
  }

  /** Goes on with a container of before a restart, running or exited; or ends it when it is not ours any more. */
  #resume(attempt: Attempt, ours: boolean): void {
    const { container } = attempt;
    if (container === undefined) return;
    attempt.phase = 'running';
    if (!ours) attempt.order('ended', attempt.terms.stopGraceMs);
    if (attempt.steps) {
      const ending = infraFailed('cell_restarted', 'the cell was restarted while the task ran its steps');
      this.#go(attempt, async () => await concludeUnrun(this.#context, attempt, ending));
      return;
    }
    this.#go(attempt, async () => {
      if (ours && attempt.terms === UNKNOWN_TERMS) await this.#relearn(attempt);
      mark(this.#context, attempt, 'rep', 'resumed', 'found again after a restart of the cell');
      // Without its terms nobody knew whether its output may be kept at all.
      await (attempt.hearing ?? this.#hearAgain(attempt, container));
      await observe(this.#context, attempt, container);
    });
  }

  async #hearAgain(attempt: Attempt, container: string): Promise<void> {
    attempt.limitOutput(attempt.terms.logBytesPerSecond);
    attempt.spool.gap('the cell was restarted; what was written meanwhile was not kept');
    await listen(this.#context, attempt, container).catch((error: unknown) => {
      // Its output is lost, its outcome is not.
      this.#context.log.warn({ ...idOf(attempt), error: errorText(error) }, 'attempt.attach-failed');
    });
  }

  /** The journal was lost: the BBS still knows what was asked for. */
  async #relearn(attempt: Attempt): Promise<void> {
    const { calls, capacity, leaving } = this.#context;
    const { task } = await calls.fetch(attempt, leaving);
    if (task === undefined) return;
    attempt.terms = termsOf(task);
    capacity.release(attempt.attempt);
    capacity.take(attempt.attempt, attempt.terms.amounts);
  }

  async #verify(attempt: Attempt): Promise<void> {
    const { calls, leaving, log } = this.#context;
    const fetched = await calls.fetch(attempt, leaving);
    if (!isDead(fetched)) return;
    log.warn({ ...idOf(attempt), verdict: fetched.code }, 'attempt.unknown-to-bbs');
    this.stop(attempt.attempt, 'ended');
  }

  #failMissing(claim: Claim): void {
    const attempt = this.#add(claim, '', 'reporting');
    attempt.accounted = true;
    const ending = infraFailed('container_missing', 'container missing: the cell has none for this attempt');
    this.#go(attempt, async () => await concludeUnrun(this.#context, attempt, ending));
  }

  #add(
    claim: Claim,
    epoch: string,
    phase: Phase,
    spool = this.#context.spools.begin(claim.guid, claim.attempt),
  ): Attempt {
    const attempt = new Attempt(claim, epoch, phase, spool, this.#context.clock);
    this.#attempts.set(claim.attempt, attempt);
    return attempt;
  }

  /** Runs one attempt's way. What it could not handle itself is a fault of ours: the attempt stays, and is seen. */
  #go(attempt: Attempt | undefined, work: () => Promise<void>): void {
    const way: Promise<void> = work()
      .catch((error: unknown) => {
        if (this.#context.leaving.aborted) return;
        this.#context.log.error({ ...(attempt === undefined ? {} : idOf(attempt)), err: error }, 'attempt.broke');
      })
      .finally(() => this.#ways.delete(way));
    this.#ways.add(way);
  }

  #forget(attempt: Attempt): void {
    this.#attempts.delete(attempt.attempt);
    this.#remember(attempt.attempt);
  }

  #remember(attempt: string): void {
    this.#over.add(attempt);
    if (this.#over.size > REMEMBERED) {
      const [oldest] = this.#over;
      if (oldest !== undefined) this.#over.delete(oldest);
    }
  }
}

function summarize(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { does } of steps) counts[does] = (counts[does] ?? 0) + 1;
  return counts;
}
