/*
 * The referee: reads one history of the store from its first revision on, and what was counted outside (the tasks' own ledger, the
 * engine's events, the receiver of callbacks, the containers that are left), and names every breach of the invariants of
 * reliability.md section 3. It decodes the records by itself and shares no code with what it judges. Linear in the history:
 * every change is one commit, so the revision is the order (reliability 3.2).
 */

/** One change of one key, as the store's own watch tells it. */
export interface Revision {
  readonly revision: number;
  /** Without the installation's prefix: `task/GUID`. */
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
}

export interface Evidence {
  /** From the very first revision, in order, without a gap. */
  readonly history: readonly Revision[];
  /** Creations that were acknowledged to a client. */
  readonly accepted?: readonly { readonly guid: string; readonly uid: string }[];
  /** Each start of a task's process as seen outside of Gavel, however often; `id` tells processes apart. */
  readonly starts?: readonly { readonly guid: string; readonly id: string }[];
  /** Names of containers with our label that are still there at the end. */
  readonly containers?: readonly string[];
  /** Callbacks that were received, with what was answered. */
  readonly callbacks?: readonly { readonly webhookId: string; readonly body: string; readonly answered: number }[];
  /** The end of the history is the end of the run: everything must have come to its end. */
  readonly finished?: boolean;
  /** Total memory of each cell in MB, to hold I7. */
  readonly capacity?: Readonly<Record<string, number>>;
}

export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

interface Task {
  readonly task_guid: string;
  readonly uid: string;
  readonly state: string;
  readonly cell_id: string;
  readonly epoch: number;
  readonly attempt: string;
  readonly nonce: string;
  readonly outcome: string;
  readonly result: string;
  readonly exit_code?: number;
  readonly failure_reason: string;
  readonly created_at: string;
  readonly claimed_at: string;
  readonly started_at: string;
  readonly first_completed_at: string;
  readonly updated_at: string;
  readonly number: number;
}

interface Life {
  last: Task;
  removed: boolean;
  ran: boolean;
  outcome: string | undefined;
}

/** Of one life of a guid. `-` is nothing. R>R is an adoption, P>P a note on why it waits. */
const EDGES = new Set([
  '->PENDING',
  'PENDING>PENDING',
  'PENDING>CLAIMED',
  'PENDING>COMPLETED',
  'CLAIMED>RUNNING',
  'CLAIMED>PENDING',
  'CLAIMED>COMPLETED',
  'RUNNING>RUNNING',
  'RUNNING>COMPLETED',
  'COMPLETED>RESOLVING',
  'RESOLVING>COMPLETED',
  'COMPLETED>-',
  'RESOLVING>-',
]);
const OVER = new Set(['COMPLETED', 'RESOLVING']);

export function check(evidence: Evidence): Violation[] {
  const referee = new Referee(evidence.capacity ?? {});
  for (const change of evidence.history) referee.see(change);
  referee.conclude(evidence);
  return referee.violations;
}

class Referee {
  readonly violations: Violation[] = [];
  readonly #lives = new Map<string, Life>();
  readonly #liveUid = new Map<string, string>();
  readonly #epochs = new Map<string, number>();
  readonly #attempts = new Map<string, string>();
  readonly #nonces = new Map<string, string>();
  readonly #history = new Map<string, { outcome: string; json: string }>();
  readonly #owed = new Map<string, string>();
  readonly #specs = new Map<string, { memory: number }>();
  /** Kept when the definition goes. */
  readonly #urls = new Map<string, string>();
  readonly #capacity: Readonly<Record<string, number>>;
  #revision = 0;

  constructor(capacity: Readonly<Record<string, number>>) {
    this.#capacity = capacity;
  }

  see({ revision, key, value }: Revision): void {
    if (revision < this.#revision) this.#flag('order', `revision ${revision} came after ${this.#revision}`);
    this.#revision = revision;
    const [kind, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    if (kind === 'cell') this.#cell(id, value);
    else if (kind === 'spec') this.#spec(id, value);
    else if (kind === 'history') this.#sealed(value);
    else if (kind === 'outbox') this.#outbox(id, value);
    else if (kind === 'task') this.#task(id, value === undefined ? undefined : (JSON.parse(value) as Task));
  }

  conclude(evidence: Evidence): void {
    this.#countStarts(evidence.starts ?? []);
    for (const { guid, uid } of evidence.accepted ?? []) {
      const life = this.#lives.get(uid);
      if (life === undefined) this.#flag('I2', `${guid} was accepted as ${uid} and never stored`);
      else if (life.removed && !this.#history.has(uid)) this.#flag('I2', `${guid} (${uid}) left without a record`);
    }
    for (const name of evidence.containers ?? []) this.#flag('I16', `container ${name} is left`);
    this.#callbacks(evidence);
    if (evidence.finished !== true) return;
    for (const { last, removed } of this.#lives.values())
      if (!removed && !OVER.has(last.state)) this.#flag('I15', `${last.task_guid} is still ${last.state}`);
    for (const uid of this.#specs.keys()) {
      const life = this.#lives.get(uid);
      if (life === undefined || life.removed) this.#flag('I18', `spec/${uid} belongs to no task`);
    }
  }

  #flag(invariant: string, what: string): void {
    this.violations.push({ invariant, what: `${what} (at revision ${this.#revision})` });
  }

  #cell(id: string, value: string | undefined): void {
    if (value === undefined) this.#epochs.delete(id);
    // Written once per life of the key, so this revision is its create revision.
    else if (this.#epochs.has(id)) this.#flag('I10', `cell/${id} was overwritten while it stood`);
    else this.#epochs.set(id, this.#revision);
  }

  #spec(uid: string, value: string | undefined): void {
    if (value === undefined) this.#specs.delete(uid);
    else {
      const { memory_mb, completion_callback_url } = JSON.parse(value) as {
        memory_mb?: number;
        completion_callback_url?: string;
      };
      this.#specs.set(uid, { memory: memory_mb ?? 0 });
      this.#urls.set(uid, completion_callback_url ?? '');
    }
  }

  #sealed(value: string | undefined): void {
    if (value === undefined) return;
    const [head = '', task_json = ''] = value.split('\n');
    const { uid } = JSON.parse(head) as { uid: string };
    const { outcome } = JSON.parse(task_json) as { outcome: string };
    const before = this.#history.get(uid);
    if (before !== undefined && before.json !== task_json) this.#flag('I4', `the record of ${uid} changed`);
    this.#history.set(uid, { outcome, json: task_json });
  }

  #outbox(uid: string, value: string | undefined): void {
    if (value === undefined) this.#owed.delete(uid);
    else this.#owed.set(uid, value);
  }

  #task(guid: string, after: Task | undefined): void {
    const uid = after?.uid ?? this.#liveUid.get(guid);
    if (uid === undefined) return this.#flag('I5', `${guid} was removed and had not been there`);
    const other = this.#liveUid.get(guid);
    if (other !== undefined && other !== uid) this.#flag('I2', `${guid}: life ${other} was overwritten by ${uid}`);
    const life = this.#lives.get(uid);
    const from = life === undefined || life.removed ? '-' : life.last.state;
    const edge = `${from}>${after?.state ?? '-'}`;
    if (!EDGES.has(edge)) this.#flag('I5', `${guid}: ${edge}`);
    if (life?.removed === true && after !== undefined) this.#flag('I5', `${guid}: ${uid} came back`);
    if (after === undefined) {
      this.#liveUid.delete(guid);
      if (life !== undefined) life.removed = true;
      return;
    }
    this.#liveUid.set(guid, uid);
    this.#times(after, life?.last);
    if (life === undefined) {
      this.#lives.set(uid, { last: after, removed: false, ran: false, outcome: undefined });
    } else {
      this.#step(life, life.last, after);
      life.last = after;
    }
    this.#memory(after.cell_id);
  }

  /** No step of a life is before the one before it, whichever machine's clock it was written by. */
  #times(task: Task, before: Task | undefined): void {
    const { task_guid: guid, created_at, claimed_at, started_at, first_completed_at, updated_at } = task;
    const steps = [created_at, claimed_at, started_at, first_completed_at].map(BigInt).filter((at) => at !== 0n);
    if (steps.some((at, i) => i > 0 && at < (steps[i - 1] as bigint)))
      this.#flag('I22', `${guid}: ${steps.join(' > ')}`);
    if (before !== undefined && BigInt(updated_at) < BigInt(before.updated_at))
      this.#flag('I22', `${guid}: updated at ${updated_at}, and before that at ${before.updated_at}`);
  }

  #step(life: Life, before: Task, after: Task): void {
    const { task_guid: guid } = after;
    if (OVER.has(before.state) && digest(before) !== digest(after))
      this.#flag('I4', `${guid}: ${digest(before)} became ${digest(after)}`);
    const moved = before.state !== after.state;
    if (after.state === 'CLAIMED' && moved) this.#claimed(after);
    if (after.state === 'RUNNING' && moved) this.#started(life, before, after);
    if (after.state === 'RUNNING' && !moved) this.#adopted(before, after);
    if (after.state === 'COMPLETED' && after.outcome === 'lost' && this.#epochs.get(before.cell_id) === before.epoch)
      this.#flag('I13', `${guid}: called lost while cell ${before.cell_id} held its epoch ${before.epoch}`);
    if (after.state === 'COMPLETED' && !OVER.has(before.state)) life.outcome = after.outcome;
  }

  #claimed(task: Task): void {
    const { task_guid: guid, attempt, cell_id, epoch } = task;
    const taken = this.#attempts.get(attempt);
    if (attempt === '' || taken !== undefined) this.#flag('I6', `${guid}: attempt ${attempt} was used for ${taken}`);
    this.#attempts.set(attempt, guid);
    if (this.#epochs.get(cell_id) !== epoch)
      this.#flag('I6', `${guid}: claimed for ${cell_id} under ${epoch}, which is at ${this.#epochs.get(cell_id)}`);
  }

  #started(life: Life, before: Task, after: Task): void {
    const { task_guid: guid, nonce, attempt, cell_id, epoch } = after;
    if (life.ran) this.#flag('I1', `${guid}: RUNNING a second time`);
    life.ran = true;
    if (attempt !== before.attempt || cell_id !== before.cell_id || epoch !== before.epoch)
      this.#flag('I10', `${guid}: started by another than its claim`);
    if (nonce === '' || this.#nonces.has(nonce)) this.#flag('I10', `${guid}: the nonce ${nonce} is not fresh`);
    this.#nonces.set(nonce, guid);
    if (this.#epochs.get(cell_id) !== epoch)
      this.#flag('I10', `${guid}: started under ${epoch} while ${cell_id} is at ${this.#epochs.get(cell_id)}`);
  }

  #adopted(before: Task, after: Task): void {
    const { task_guid: guid, attempt, nonce, cell_id, epoch } = after;
    if (attempt !== before.attempt || nonce !== before.nonce || cell_id !== before.cell_id)
      this.#flag('I10', `${guid}: another attempt, cell or nonce while RUNNING`);
    if (this.#epochs.get(cell_id) !== epoch)
      this.#flag('I10', `${guid}: adopted under ${epoch} while ${cell_id} is at ${this.#epochs.get(cell_id)}`);
  }

  /** What the store's records alone reserve on a cell. */
  #memory(cell: string): void {
    const total = this.#capacity[cell];
    if (total === undefined) return;
    let held = 0;
    for (const { last, removed } of this.#lives.values())
      if (!removed && last.cell_id === cell && last.state === 'RUNNING') held += this.#specs.get(last.uid)?.memory ?? 0;
    if (held > total) this.#flag('I7', `cell ${cell}: ${held} of ${total} MB run`);
  }

  #countStarts(starts: NonNullable<Evidence['starts']>): void {
    const ids = new Map<string, Set<string>>();
    for (const { guid, id } of starts) ids.set(guid, (ids.get(guid) ?? new Set()).add(id));
    for (const [guid, seen] of ids) {
      const lives = [...this.#lives.values()].filter((life) => life.last.task_guid === guid);
      const allowed = lives.filter((life) => life.ran).length;
      // A guid that lived twice may have run twice, once in each life.
      if (seen.size > allowed) this.#flag('I1', `${guid}: ${seen.size} starts seen outside, ${allowed} allowed`);
    }
  }

  #callbacks({ callbacks = [], finished = false }: Evidence): void {
    for (const { webhookId, body } of callbacks) {
      const life = this.#lives.get(webhookId);
      if (life === undefined) {
        this.#flag('I8', `a callback came for ${webhookId}, which is no task`);
        continue;
      }
      const { outcome } = JSON.parse(body) as { outcome: string };
      if (life.outcome !== outcome) this.#flag('I4', `${webhookId}: ended ${life.outcome}, called back ${outcome}`);
    }
    if (!finished) return;
    const told = new Set(callbacks.filter(({ answered }) => answered < 300).map(({ webhookId }) => webhookId));
    for (const [uid, { last }] of this.#lives) {
      if ((this.#urls.get(uid) ?? '') === '' || told.has(uid) || this.#owed.has(uid)) continue;
      this.#flag('I8', `${last.task_guid}: its callback was neither delivered nor is it owed`);
    }
  }
}

function digest(task: Task): string {
  const { outcome, result, exit_code, failure_reason, first_completed_at } = task;
  return JSON.stringify([outcome, result, exit_code, failure_reason, first_completed_at]);
}
