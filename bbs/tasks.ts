import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, isDomainError } from '../src/domain/errors.ts';
import { isTerminal, type Task, type TaskDefinition, type TaskStatus } from '../src/domain/task.ts';
import { type Command, decide, newTask } from '../src/domain/task-machine.ts';
import { decideNotes, type NotesCommand } from '../src/domain/task-notes.ts';
import { LIMITS, requireValid } from '../src/domain/validate.ts';
import type { Clock } from '../src/platform/clock.ts';
import { traceparent } from '../src/platform/trace.ts';
import { type Domains, isWithin } from '../src/rpc/identity.ts';
import { deadLetter } from './callbacks/dead-letter.ts';
import { decodeStatus, encodeDefinition, encodeRecord, encodeStatus } from './codec.ts';
import { differences, differs, digestOf } from './differences.ts';
import type { DomainBook } from './domains.ts';
import { type History, historyWrites } from './history/history.ts';
import { outboxKey, specKey, taskKey } from './keys.ts';
import { definitionOf, fullTask, LiveTask, Spec } from './live-task.ts';
import type { Numbers } from './numbers.ts';
import type { OwnWrite } from './own-writes.ts';
import { randomHex } from './random.ts';
import type { DeliveryRecord, HistoryRecord, OutboxRecord, RequestRecord } from './records.ts';
import type { Requests } from './requests.ts';
import type { Room } from './room.ts';
import type { Guard, Store, Write } from './store/store.ts';
import type { View } from './view.ts';

export interface TasksDeps {
  readonly store: Store;
  readonly view: View;
  readonly clock: Clock;
  readonly numbers: Numbers;
  readonly history: History;
  readonly requests: Requests;
  /** How much more the store may take; left out = as much as it does. */
  readonly room?: Room | undefined;
  /** How many more tasks of a domain may wait; left out = any number. */
  readonly domains?: Pick<DomainBook, 'admit'> | undefined;
}

/** Whose request makes a task. */
export interface Submitter {
  readonly name: string;
  /** In which domains they may submit; undefined = all. */
  readonly domains: Domains;
  readonly requestId: string;
}

export interface TransitionOptions {
  /** The life of the guid that is meant; another one answers `not_found`. */
  readonly uid?: string;
  /** Only a task of these domains is meant; any other answers `not_found`, as if there were none. */
  readonly within?: Domains;
  /** More that must hold in the same commit, for example the cell's epoch. */
  readonly guards?: readonly Guard[];
  /** What to answer when the task is as it was and those guards do not hold. */
  readonly guardError?: () => DomainError;
  /** How a record that leaves the live set is sealed. */
  readonly resolvedBy?: HistoryRecord['resolved_by'];
  readonly delivery?: DeliveryRecord;
  /** More to write in the same commit, of what the task was before it. */
  readonly alongside?: (before: TaskStatus) => readonly Write[];
}

export interface Transition {
  readonly before: LiveTask;
  /** Undefined when the command removed it. */
  readonly after: LiveTask | undefined;
  /** False: it had been done already. */
  readonly changed: boolean;
}

const CONFLICT_TRIES = 20;
const CREATE_TRIES = 3;
const REREAD_TRIES = 3;
const REREAD_PAUSE_MS = 100;

/**
 * The only writer of tasks: load, decide, commit; again when somebody else was faster. Decides on the view's copy first (the
 * commit checks that it is still the truth), but refuses only on what the store itself says.
 */
export class Tasks {
  readonly #deps: TasksDeps;
  /** Highest revision this process committed: its own readers see at least that. */
  #committed = 0;

  constructor(deps: TasksDeps) {
    this.#deps = deps;
    deps.view.listen((change) => {
      if (change.kind !== 'reset' || change.wentBackFrom === undefined) return;
      // The store was put back to an older state: what this process wrote and took since then is not there any more.
      this.#committed = deps.view.revision;
      deps.numbers.forget();
    });
  }

  /** Makes the caller's own earlier writes visible in the view. */
  caughtUp(): Promise<void> {
    return this.#deps.view.reached(this.#committed);
  }

  /** As `create`, answering the task as readers get it. */
  async desire(definition: TaskDefinition, from: Submitter): Promise<Task> {
    const made = await this.create(definition, from);
    return made instanceof LiveTask ? fullTask(made) : made;
  }

  /**
   * Creates a task, durable when this answers. A repeated request (same key, or same guid with the same definition) answers the task that is there.
   * @throws DomainError `invalid_argument` with every fault; `already_exists` naming the differing fields.
   */
  async create(definition: TaskDefinition, from: Submitter): Promise<LiveTask | Task> {
    requireValid(definition);
    requireDomain(definition.domain, from.domains);
    const text = encodeDefinition(definition);
    const spec = new Spec(text, definition);
    const stored = Buffer.from(text);
    if (stored.length > LIMITS.requestBytes) {
      throw new DomainError(
        'too_large',
        `the request is ${stored.length} bytes; at most ${LIMITS.requestBytes} (1 MiB) are allowed`,
      );
    }
    if (this.#deps.view.task(definition.task_guid) !== undefined) {
      const earlier = await this.#earlier(definition, from.domains);
      if (earlier !== undefined) return earlier;
    }
    const giveBack = await this.#admitted(definition, from.domains);
    if (typeof giveBack !== 'function') return giveBack;
    let made: LiveTask | undefined;
    try {
      this.#deps.room?.take(stored.length);
      for (let attempt = 0; attempt < CREATE_TRIES; attempt += 1) {
        made = await this.#born(spec, stored, from);
        if (made !== undefined) return made;
        // Something is there already: answer what an equal request made, or say how it differs. Gone again: once more.
        const winner = await this.#earlier(definition, from.domains);
        if (winner !== undefined) return winner;
      }
      throw new DomainError('conflict', 'the guid was taken and freed again at this moment; try again');
    } finally {
      // One that was made keeps its place until the view has it.
      if (made === undefined) giveBack();
    }
  }

  /** @returns how to give back the place in its domain; or the task that an equal earlier request made, which needs none. */
  async #admitted(definition: TaskDefinition, domains: Domains): Promise<(() => void) | LiveTask | Task> {
    try {
      return this.#deps.domains?.admit(definition.domain, definition.task_guid) ?? (() => {});
    } catch (error) {
      const earlier = await this.#earlier(definition, domains);
      if (earlier !== undefined) return earlier;
      throw error;
    }
  }

  /** @returns undefined when the guid or the request key is taken. */
  async #born(spec: Spec, stored: Buffer, { name, requestId }: Submitter): Promise<LiveTask | undefined> {
    const { view, clock, numbers, requests } = this.#deps;
    const { definition } = spec;
    const { task_guid, domain, request_key } = definition;
    const uid = randomHex(16);
    const birth = {
      uid,
      number: await numbers.take(),
      created_by: name,
      request_id: requestId,
      traceparent: traceparent() ?? '',
      now: clock.nowNanos(),
    };
    const status = newTask(definition, birth);
    const writeId = newWriteId();
    const key = taskKey(task_guid);
    const guards: Guard[] = [{ key, modRevision: 0 }];
    const writes: Write[] = [
      { put: key, value: encodeStatus(status, writeId) },
      { put: specKey(uid), value: stored },
    ];
    if (request_key !== '') {
      const request = requests.first(domain, request_key, { task_guid, uid, digest: digestOf(definition) });
      guards.push({ key: request.put, modRevision: 0 });
      writes.push(request);
    }
    const own = view.own.announce(status, writeId, spec);
    const revision = await this.#commit(guards, writes, async () => {
      const found = await this.read(task_guid);
      return found?.uid === uid ? found.revision : undefined;
    });
    return this.#settled(own, writeId, revision);
  }

  /** What became of an own write: the task as it is now, or undefined when a guard did not hold. */
  #settled(own: OwnWrite, writeId: string, revision: number | undefined): LiveTask | undefined {
    const { view } = this.#deps;
    if (revision === undefined) {
      view.own.withdraw(writeId);
      return undefined;
    }
    const live = own.at(revision);
    view.committed(live);
    return live;
  }

  /** Applies a command. @throws DomainError `not_found`, or why the state machine refuses. */
  async transition(
    guid: string,
    command: Command | NotesCommand,
    options: TransitionOptions = {},
  ): Promise<Transition> {
    let before = this.#deps.view.newest(guid);
    let fromStore = false;
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt += 1) {
      if (before === undefined && !fromStore) {
        before = await this.read(guid);
        fromStore = true;
      }
      if (before === undefined) throw new DomainError('not_found', `no task ${guid}`);
      if (options.uid !== undefined && options.uid !== before.uid) {
        if (fromStore) throw new DomainError('not_found', `task ${guid} is another one by now`);
        before = undefined;
        continue;
      }
      if (!isWithin(options.within, before.domain)) {
        if (fromStore) throw new DomainError('not_found', `no task ${guid}`);
        before = undefined;
        continue;
      }
      const now = this.#deps.clock.nowNanos();
      const decision =
        command.type === 'annotate' ? decideNotes(before.status, command, now) : decide(before.status, command, now);
      if (decision.kind === 'write') {
        const after = await this.#write(before, decision.after, options);
        if (after !== 'lost') return { before, after, changed: true };
      } else if (fromStore) {
        if (decision.kind === 'refused') throw decision.error;
        return { before, after: before, changed: false };
      }
      const tried = before;
      before = await this.read(guid);
      fromStore = true;
      if (decision.kind === 'write' && before?.revision === tried.revision && options.guardError !== undefined)
        throw options.guardError();
    }
    throw new DomainError('conflict', `task ${guid} changes too fast; try again`);
  }

  /** The live task as the store has it now, linearizably. */
  async read(guid: string): Promise<LiveTask | undefined> {
    return (await this.#stored(guid))?.task;
  }

  /** With the id of the write that it stands by. */
  async #stored(guid: string): Promise<{ readonly task: LiveTask; readonly writeId: string } | undefined> {
    const entry = await this.#deps.store.get(taskKey(guid));
    if (entry === undefined) return undefined;
    const { status, writeId } = decodeStatus(entry.value);
    const spec = await this.#deps.store.get(specKey(status.uid));
    return {
      task: LiveTask.moving(status, entry.modRevision, spec && new Spec(spec.value.toString())),
      writeId,
    };
  }

  /** The live task by guid, linearizable where the view does not have it. */
  async find(guid: string): Promise<LiveTask | undefined> {
    await this.caughtUp();
    return this.#deps.view.task(guid) ?? (await this.read(guid));
  }

  async #write(
    before: LiveTask,
    status: TaskStatus | undefined,
    options: TransitionOptions,
  ): Promise<LiveTask | undefined | 'lost'> {
    const guid = before.status.task_guid;
    const writeId = newWriteId();
    const guards: Guard[] = [{ key: taskKey(guid), modRevision: before.revision }, ...(options.guards ?? [])];
    const writes: Write[] =
      status === undefined
        ? this.#removal(before, options)
        : [{ put: taskKey(guid), value: encodeStatus(status, writeId) }];
    if (status !== undefined && isTerminal(status.state) && !isTerminal(before.state))
      writes.push(...owedCallback(definitionOf(before), status));
    if (options.alongside !== undefined) writes.push(...options.alongside(before.status));
    const own = status === undefined ? undefined : this.#deps.view.own.announce(status, writeId, before.spec);
    const revision = await this.#commit(guards, writes, async () => {
      const found = await this.#stored(guid);
      if (status === undefined) return found?.task.uid === before.uid ? undefined : 0;
      return found?.writeId === writeId ? found.task.revision : undefined;
    });
    if (own === undefined) return revision === undefined ? 'lost' : undefined;
    return this.#settled(own, writeId, revision) ?? 'lost';
  }

  #removal(before: LiveTask, options: TransitionOptions): Write[] {
    const { status } = before;
    const writes: Write[] = [
      { delete: taskKey(status.task_guid) },
      { delete: specKey(status.uid) },
      ...historyWrites(
        fullTask(before),
        this.#deps.clock.nowNanos(),
        options.resolvedBy ?? 'client',
        options.delivery,
        status.trail,
      ),
    ];
    // A callback that is still owed goes on from the outbox against the history record; a client that took the task itself ends it.
    const { delivery } = options;
    const givenUp = delivery?.state === 'dead';
    if (options.resolvedBy !== 'expired' || givenUp) writes.push({ delete: outboxKey(status.uid) });
    if (givenUp) writes.push(deadLetter(status, delivery));
    return writes;
  }

  /**
   * Commits, and finds out what happened when the answer is lost: `reread` says at which revision our own write stands, if it does.
   * @returns the revision, or undefined when a guard did not hold.
   */
  async #commit(
    guards: readonly Guard[],
    writes: readonly Write[],
    reread: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    try {
      const { committed, revision } = await this.#deps.store.commit({ guards, writes });
      if (!committed) return undefined;
      this.#committed = Math.max(this.#committed, revision);
      return revision;
    } catch (error) {
      // Each of these may come after the commit was applied; a full store too.
      if (!(['unavailable', 'deadline', 'overloaded'] as const).some((code) => isDomainError(error, code))) throw error;
      for (let attempt = 0; attempt < REREAD_TRIES; attempt += 1) {
        await sleep(REREAD_PAUSE_MS);
        try {
          const revision = await reread();
          if (revision !== undefined) return revision;
          break;
        } catch {
          // The store is still away: another look, then the caller is told that nobody knows.
        }
      }
      // Not seen is not the same as not happening: a commit may still be under way. The caller repeats, and the guards decide.
      throw error;
    }
  }

  /** The task that an equal earlier request made. @throws DomainError `already_exists` when an earlier one differs. */
  async #earlier(definition: TaskDefinition, domains: Domains): Promise<LiveTask | Task | undefined> {
    if (definition.request_key !== '') {
      const first = await this.#deps.requests.find(definition.domain, definition.request_key);
      if (first !== undefined) return await this.#sameRequest(definition, first);
    }
    const found = await this.read(definition.task_guid);
    if (found === undefined) return undefined;
    // Guids are unique over all domains, so that this one is taken has to be said; by what, only to who may see it.
    if (!isWithin(domains, found.domain))
      throw new DomainError('already_exists', `the guid ${definition.task_guid} is taken; choose another one`);
    const differing = differences(definitionOf(found), definition);
    if (differing.length > 0)
      throw differs(`task ${definition.task_guid} exists with another definition`, differing, {
        existing: definition.task_guid,
      });
    if (definition.request_key !== '' && !(await this.#bound(definition, found.uid))) return undefined;
    return found;
  }

  /**
   * Gives the request key to the task that the guid alone led to, as if it had made it: answered with one task now, and asked
   * again when that one is gone, it would make another (I3). @returns false when the task or the key was not free any more.
   */
  async #bound(definition: TaskDefinition, uid: string): Promise<boolean> {
    const { domain, request_key, task_guid } = definition;
    const { store, requests } = this.#deps;
    // Written once in a task's life, where the status changes all the time.
    const spec = await store.get(specKey(uid));
    if (spec === undefined) return false;
    const request = requests.first(domain, request_key, { task_guid, uid, digest: digestOf(definition) });
    const guards = [
      { key: spec.key, modRevision: spec.modRevision },
      { key: request.put, modRevision: 0 },
    ];
    const revision = await this.#commit(guards, [request], async () => {
      const first = await requests.find(domain, request_key);
      return first?.uid === uid ? spec.modRevision : undefined;
    });
    return revision !== undefined;
  }

  async #sameRequest(definition: TaskDefinition, first: RequestRecord): Promise<LiveTask | Task> {
    const message = `request_key ${definition.request_key} was used for another request`;
    const about = { existing: first.task_guid, request_key: definition.request_key };
    const found = await this.read(first.task_guid);
    if (found?.uid === first.uid) {
      // The guid may have been made up anew for the repeat; everything else must be equal.
      const differing = differences(definitionOf(found), { ...definition, task_guid: first.task_guid });
      if (differing.length === 0) return found;
      throw differs(message, differing, about);
    }
    if (first.digest !== digestOf(definition)) throw differs(message, [], about);
    const finished = await this.#deps.history.get(first.task_guid, undefined);
    if (finished?.record.uid === first.uid) return finished.task;
    throw new DomainError(
      'already_exists',
      `request_key ${definition.request_key} made task ${first.task_guid}, which history no longer keeps`,
      { about },
    );
  }
}

/** @throws DomainError `permission_denied`. */
function requireDomain(domain: string, domains: Domains): void {
  if (isWithin(domains, domain)) return;
  const own = [...(domains ?? [])].toSorted().join(', ');
  throw new DomainError('permission_denied', `domain ${domain} is not one of yours: ${own}`);
}

/** The callback job that comes into being with the end of a task. */
function owedCallback(definition: TaskDefinition, status: TaskStatus): Write[] {
  if (definition.completion_callback_url === '') return [];
  const record: OutboxRecord = {
    task_guid: status.task_guid,
    uid: status.uid,
    number: status.number,
    domain: status.domain,
    url: definition.completion_callback_url,
    attempts: 0,
    next_at: 0,
    last_status: 0,
    last_error: '',
  };
  return [{ put: outboxKey(status.uid), value: encodeRecord(record) }];
}

function newWriteId(): string {
  return randomHex(8);
}
