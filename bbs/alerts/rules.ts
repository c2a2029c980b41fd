import { DomainError, type FieldFault } from '../../src/domain/errors.ts';
import { callbackUrlFault, invalid } from '../../src/domain/validate.ts';
import { parseSelect } from '../../src/platform/select.ts';
import { decodeRecord, encodeRecord } from '../codec.ts';
import { alertKey, PREFIX } from '../keys.ts';
import type { Store } from '../store/store.ts';

export const ALERT_EVENTS = ['failed', 'ended', 'waiting', 'callback_dead', 'cell_lost'] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** What people say of a rule. */
export interface AlertRule {
  readonly name: string;
  readonly on: AlertEvent;
  readonly url: string;
  readonly select: string;
  readonly for_ms: number;
  readonly cooldown_ms: number;
}

export interface AlertFired {
  /** UNIX milliseconds. */
  readonly at: number;
  readonly count: number;
  readonly status: number;
  readonly error: string;
}

/** As it is stored. */
export interface AlertRecord extends AlertRule {
  readonly updated_by: string;
  /** UNIX milliseconds. */
  readonly updated_at: number;
  readonly last?: AlertFired;
}

export interface StoredAlert {
  readonly record: AlertRecord;
  readonly modRevision: number;
}

/** Each is weighed with every end of a task. */
const MOST = 100;
const COOLDOWN_MS = 5 * 60_000;
const COOLDOWN_LEAST_MS = 1_000;
const FOR_MS: Partial<Record<AlertEvent, number>> = { waiting: 10 * 60_000, cell_lost: 60_000 };
const DAY_MS = 86_400_000;

/** What came, checked. @throws DomainError `invalid_argument` with every fault. */
export function alertRule(given: {
  readonly name: string;
  readonly on: string;
  readonly url: string;
  readonly select: string;
  readonly forMs: number | undefined;
  readonly cooldownMs: number | undefined;
}): AlertRule {
  const faults: FieldFault[] = [];
  const report = (field: string, message: string) => faults.push({ field, message });
  const { name, url, select, forMs, cooldownMs = COOLDOWN_MS } = given;
  const on = ALERT_EVENTS.find((known) => known === given.on);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) report('name', 'must be 1 to 64 letters, digits, - and _');
  if (on === undefined) report('on', `must be of ${ALERT_EVENTS.join(', ')}`);
  const urlFault = callbackUrlFault(url);
  if (urlFault !== undefined) report('url', urlFault);
  if (select !== '' && on === 'cell_lost') report('select', 'is of tasks, and a cell is none');
  if (select !== '') {
    try {
      parseSelect(select);
    } catch (error) {
      report('select', error instanceof DomainError ? error.message.replace(/^select: /, '') : 'cannot be read');
    }
  }
  const usual = on === undefined ? undefined : FOR_MS[on];
  if (forMs !== undefined && on !== undefined && usual === undefined) report('for', `does not go with on: ${on}`);
  if (forMs !== undefined && forMs > 30 * DAY_MS) report('for', 'must be 30 days at most');
  if (cooldownMs < COOLDOWN_LEAST_MS || cooldownMs > 7 * DAY_MS) report('cooldown', 'must be 1s to 7d');
  if (faults.length > 0 || on === undefined) throw invalid(faults);
  return { name, on, url, select, for_ms: forMs ?? usual ?? 0, cooldown_ms: cooldownMs };
}

/** The rules, in the store: few, and read when they are needed. */
export class AlertRules {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(): Promise<readonly StoredAlert[]> {
    const { entries } = await this.#store.list(PREFIX.alert, { limit: MOST });
    return entries.flatMap(({ value, modRevision }) => {
      try {
        const record = decodeRecord<AlertRecord>(value, ({ name, on, url }) => [name, on, url].every(isText));
        return [{ record, modRevision }];
      } catch {
        // Left where it is, for people (reliability E18).
        return [];
      }
    });
  }

  /** @throws DomainError `not_found` */
  async get(name: string): Promise<StoredAlert> {
    const entry = await this.#store.get(alertKey(name));
    if (entry === undefined) throw new DomainError('not_found', `there is no alert ${name}`);
    return { record: decodeRecord<AlertRecord>(entry.value), modRevision: entry.modRevision };
  }

  /** @throws DomainError `overloaded` when there are as many as there may be. */
  async put(rule: AlertRule, by: string, nowMs: number): Promise<AlertRecord> {
    const rules = await this.list();
    const known = rules.find(({ record }) => record.name === rule.name);
    if (known === undefined && rules.length >= MOST)
      throw new DomainError('overloaded', `there are ${MOST} alerts already; remove one first`);
    const last = known?.record.last;
    const record = { ...rule, updated_by: by, updated_at: nowMs, ...(last === undefined ? {} : { last }) };
    await this.#store.commit({ guards: [], writes: [{ put: alertKey(rule.name), value: encodeRecord(record) }] });
    return record;
  }

  /** @throws DomainError `not_found` */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#store.commit({ guards: [], writes: [{ delete: alertKey(name) }] });
  }

  /** Unless the rule was changed or removed meanwhile: then what the old one told does not matter. */
  async fired({ record, modRevision }: StoredAlert, last: AlertFired): Promise<void> {
    const key = alertKey(record.name);
    const write = { put: key, value: encodeRecord({ ...record, last }) };
    await this.#store.commit({ guards: [{ key, modRevision }], writes: [write] });
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
