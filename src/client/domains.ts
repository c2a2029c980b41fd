import { formatSeconds } from '../domain/duration.ts';
import type { TaskState } from '../domain/task.ts';
import { durationMsFromWire, durationToWire } from '../rpc/codec.ts';
import type { Domain__Output } from '../rpc/gen/gavel/v1/Domain.ts';
import type { Connection } from './connection.ts';

/** What lives in a domain, and what was set for it. */
export interface Domain {
  readonly domain: string;
  /** Live tasks, by state. */
  readonly tasks: Readonly<Record<TaskState, number>>;
  /** How long history keeps its records, such as `3600s`; null = as long as those of all others. */
  readonly retention: string | null;
  readonly retention_in_force: string;
  /** Tasks that may be PENDING at once; 0 = any number. */
  readonly max_pending: number;
}

export interface DomainSettings {
  /** A minute or more; 0 = as long as those of all others. */
  readonly retentionMs?: number | undefined;
  /** 0 = any number. */
  readonly maxPending?: number | undefined;
  readonly signal?: AbortSignal;
}

/** Domains that have live tasks, or that something was set for. */
export class DomainList {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** By name; of the caller's, where it is limited to some. */
  async list(signal?: AbortSignal): Promise<readonly Domain[]> {
    const { domains } = await this.#connection.cluster.ListDomains({}, this.#connection.call(signal));
    return domains.map(domainFromWire);
  }

  /** @throws TaskError `not_found`. */
  async get(domain: string, signal?: AbortSignal): Promise<Domain> {
    return domainFromWire(await this.#connection.cluster.GetDomain({ domain }, this.#connection.call(signal)));
  }

  /** For operators. What is left out stays as it is. @throws TaskError `invalid_argument`. */
  async set(domain: string, { retentionMs, maxPending, signal }: DomainSettings): Promise<Domain> {
    const request = {
      domain,
      retention: retentionMs === undefined ? null : durationToWire(retentionMs),
      ...(maxPending === undefined ? {} : { max_pending: maxPending }),
    };
    return domainFromWire(await this.#connection.cluster.SetDomain(request, this.#connection.call(signal)));
  }
}

function domainFromWire({ domain, tasks, retention, retention_in_force, max_pending }: Domain__Output): Domain {
  const of = (state: TaskState) => tasks[state] ?? 0;
  const kept = durationMsFromWire(retention);
  return {
    domain,
    tasks: {
      PENDING: of('PENDING'),
      CLAIMED: of('CLAIMED'),
      RUNNING: of('RUNNING'),
      COMPLETED: of('COMPLETED'),
      RESOLVING: of('RESOLVING'),
    },
    retention: kept === undefined ? null : formatSeconds(kept),
    retention_in_force: formatSeconds(durationMsFromWire(retention_in_force) ?? 0),
    max_pending,
  };
}
