import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { msToNanos, nanosToMs } from '../../src/domain/duration.ts';
import { errorText } from '../../src/domain/errors.ts';
import { isTerminal, type Task } from '../../src/domain/task.ts';
import { rfc3339 } from '../../src/platform/format.ts';
import { toJson } from '../../src/platform/json.ts';
import { parseSelect, type Selector } from '../../src/platform/select.ts';
import { type PostOptions, post } from '../callbacks/post.ts';
import { isAcknowledged } from '../callbacks/schedule.ts';
import type { CallbackSecrets } from '../callbacks/secrets.ts';
import { fullTask, type LiveTask } from '../live-task.ts';
import type { View } from '../view.ts';
import type { AlertEvent, AlertRecord, AlertRules, StoredAlert } from './rules.ts';

export interface AlertDeps {
  readonly view: View;
  readonly rules: AlertRules;
  readonly secrets: CallbackSecrets;
  readonly post: Omit<PostOptions, 'secrets'>;
  readonly clock: { nowMs(): number; monotonicMs(): number };
  readonly log: Logger;
}

const LOOK_MS = 1_000;
const RULES_MS = 5_000;
const PAUSES_MS = [5_000, 30_000];
/** Told one by one; of the rest the number is told. */
const TOLD_MOST = 20;
const GONE_MS = 30 * 86_400_000;

interface Batch {
  count: number;
  readonly things: object[];
}

interface Rule extends StoredAlert {
  readonly selector: Selector | undefined;
}

/** A callback that was given up, as its worker knows it. */
export interface DeadCallback {
  readonly task_guid: string;
  readonly number: number;
  readonly url: string;
  readonly attempts: number;
  readonly last_status: number;
  readonly last_error: string;
}

/** Weighs the rules while this process leads. What was told is kept in memory, but for when each rule was told last. */
export class AlertWatcher {
  readonly #deps: AlertDeps;
  #rules: readonly Rule[] = [];
  readonly #batches = new Map<string, Batch>();
  readonly #posting = new Set<string>();
  /** What lasts and was told: tasks that wait, cells that are away. */
  #lasting = new Set<string>();

  constructor(deps: AlertDeps) {
    this.#deps = deps;
  }

  /** By the worker that gave it up. */
  dead({ task_guid, number, url, attempts, last_status, last_error }: DeadCallback, task: () => Task): void {
    const told = { task_guid, number, url, attempts, last_status, last_error };
    for (const rule of this.#of('callback_dead')) if (this.#fits(rule, task)) this.#add(rule, told);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { view, log } = this.#deps;
    const unlisten = view.listen((change) => {
      if (change.kind === 'task') this.#changed(change.before, change.after);
    });
    let readAt = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        try {
          const now = performance.now();
          if (now - readAt >= RULES_MS) {
            await this.#read();
            readAt = now;
            this.#look();
          }
          if (this.#flush(signal)) readAt = Number.NEGATIVE_INFINITY;
        } catch (error) {
          log.warn({ error: errorText(error) }, 'alerts.look-failed');
        }
        await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      }
    } finally {
      unlisten();
      this.#batches.clear();
      this.#lasting = new Set();
      this.#rules = [];
    }
  }

  async #read(): Promise<void> {
    const known = new Map(this.#rules.map((rule) => [rule.record.name, rule]));
    this.#rules = (await this.#deps.rules.list()).map((stored) => {
      const { name, select } = stored.record;
      const before = known.get(name);
      if (before?.record.select === select) return { ...stored, selector: before.selector };
      return { ...stored, selector: select === '' ? undefined : parseSelect(select, () => this.#deps.clock.nowMs()) };
    });
    const names = new Set(this.#rules.map(({ record }) => record.name));
    for (const name of this.#batches.keys()) if (!names.has(name)) this.#batches.delete(name);
  }

  #of(on: AlertEvent): readonly Rule[] {
    return this.#rules.filter(({ record }) => record.on === on);
  }

  #changed(before: LiveTask | undefined, after: LiveTask | undefined): void {
    if (this.#rules.length === 0 || after === undefined || !isTerminal(after.status.state)) return;
    if (before !== undefined && before.status.uid === after.status.uid && isTerminal(before.status.state)) return;
    const rules = [...this.#of('ended'), ...(after.status.outcome === 'succeeded' ? [] : this.#of('failed'))];
    for (const rule of rules) if (this.#fits(rule, () => fullTask(after))) this.#add(rule, taskTold(after));
  }

  /** What lasts: told once, and anew only when it was over in between. */
  #look(): void {
    const { view, clock } = this.#deps;
    const lasting = new Set<string>();
    const once = (rule: Rule, id: string, told: () => object) => {
      const key = `${rule.record.name} ${id}`;
      lasting.add(key);
      if (!this.#lasting.has(key)) this.#add(rule, told());
    };
    const waiting = this.#of('waiting');
    if (waiting.length > 0) {
      const now = clock.nowMs();
      for (const task of view.tasks()) {
        if (task.state !== 'PENDING') continue;
        const waited = now - nanosToMs(task.createdAt);
        for (const rule of waiting)
          if (waited >= rule.record.for_ms && this.#fits(rule, () => fullTask(task)))
            once(rule, task.uid, () => taskTold(task));
      }
    }
    for (const rule of this.#of('cell_lost')) {
      for (const { id, sinceMs } of view.absent.within(GONE_MS)) {
        const awayMs = clock.monotonicMs() - sinceMs;
        if (awayMs < rule.record.for_ms) continue;
        const tasks = view.tasksOfCell(id).length;
        once(rule, id, () => ({ cell_id: id, away_seconds: Math.round(awayMs / 1_000), tasks }));
      }
    }
    this.#lasting = lasting;
  }

  #fits({ record, selector }: Rule, task: () => Task): boolean {
    if (selector === undefined) return true;
    try {
      return selector.matches(task());
    } catch (error) {
      this.#deps.log.warn({ alert: record.name, error: errorText(error) }, 'alert.unweighed');
      return false;
    }
  }

  #add({ record }: Rule, thing: object): void {
    const batch = this.#batches.get(record.name) ?? { count: 0, things: [] };
    this.#batches.set(record.name, batch);
    batch.count += 1;
    if (batch.things.length < TOLD_MOST) batch.things.push(thing);
  }

  /** @returns whether anything was posted, so that the rules are read again. */
  #flush(signal: AbortSignal): boolean {
    const now = this.#deps.clock.nowMs();
    let posted = false;
    for (const rule of this.#rules) {
      const { name, last, cooldown_ms } = rule.record;
      const batch = this.#batches.get(name);
      const cooled = last === undefined || Math.abs(now - last.at) >= cooldown_ms;
      if (batch === undefined || !cooled || this.#posting.has(name)) continue;
      this.#batches.delete(name);
      this.#posting.add(name);
      posted = true;
      void this.#tell(rule, batch, signal)
        .catch((error: unknown) => this.#deps.log.warn({ alert: name, error: errorText(error) }, 'alert.untold'))
        .finally(() => this.#posting.delete(name));
    }
    return posted;
  }

  async #tell(rule: Rule, { count, things }: Batch, signal: AbortSignal): Promise<void> {
    const { clock, secrets, rules, log } = this.#deps;
    const { name, url } = rule.record;
    const body = alertBody(rule.record, count, things, clock.nowMs());
    const id = `alert-${randomUUID()}`;
    for (let attempt = 0; ; attempt += 1) {
      const at = clock.nowMs();
      const signing = await secrets.signing(at);
      const { status, error } = await post(url, body, id, at, { ...this.#deps.post, secrets: signing });
      log.info({ alert: name, count, status, error }, 'alert.told');
      const pause = PAUSES_MS[attempt];
      if (isAcknowledged(status) || pause === undefined || signal.aborted) {
        await rules.fired(rule, { at, count, status, error });
        return;
      }
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}

/** What is posted. */
export function alertBody(record: AlertRecord, count: number, things: readonly object[], nowMs: number): string {
  const { name, on, select } = record;
  const at = rfc3339(msToNanos(nowMs));
  return toJson({ schema: 'alert/v1', kind: 'alert', alert: name, on, select, at, count, things });
}

function taskTold({ status }: LiveTask): object {
  const { task_guid, number, domain, state, outcome, failure_reason, failure_code, cell_id, created_by, waiting_for } =
    status;
  const times = { created_at: status.created_at, first_completed_at: status.first_completed_at };
  return {
    task_guid,
    number,
    domain,
    state,
    outcome,
    failure_reason,
    failure_code,
    cell_id,
    created_by,
    waiting_for,
    ...times,
  };
}
