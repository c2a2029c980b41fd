import * as http from 'node:http';
import * as https from 'node:https';
import { AlarmAction, AlarmType, type Etcd3 } from 'etcd3';
import { DomainError, errorText } from '../../../src/domain/errors.ts';
import type { Fullness, StoreRoom } from '../store.ts';
import { connect, type EtcdAddress, type EtcdTls, Members } from './client.ts';

const DEADLINE_MS = 5_000;
/** A member rewrites its whole file, 2 GiB of it at most where nobody set another quota. */
const DEFRAGMENT_MS = 120_000;
const METRICS_MOST_BYTES = 4 * 2 ** 20;

/** How much etcd may still take, and how it gets back what is not in use. */
export class EtcdRoom implements StoreRoom {
  readonly #address: EtcdAddress;
  /** Each on its own: a member that rewrites its file answers nobody meanwhile. */
  readonly #members: readonly Members[];

  constructor(address: EtcdAddress) {
    this.#address = address;
    this.#members = address.hosts.map((host) => new Members({ ...address, hosts: [host] }, 0, connect));
  }

  /** As the first member that answers tells it. */
  async look(): Promise<Fullness> {
    let last: unknown = new DomainError('unavailable', 'no member of etcd answers');
    for (const [at, members] of this.#members.entries()) {
      try {
        return await this.#lookAt(members, this.#address.hosts[at] ?? '');
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async compact(revision: number): Promise<void> {
    await this.#first(
      async (client) => await client.kv.compact({ revision, physical: true }, deadline(DEADLINE_MS)),
    ).catch((error: unknown) => {
      // Somebody else was faster: that is as good.
      if (!errorText((error as Error).cause).includes('compacted')) throw error;
    });
  }

  /** One member after the other, so that the others serve. */
  async defragment(): Promise<void> {
    for (const members of this.#members)
      await members.call(async (client) => await client.maintenance.defragment(deadline(DEFRAGMENT_MS)));
  }

  async disarm(): Promise<void> {
    await this.#first(async (client) => {
      const request = { memberID: 0, alarm: AlarmType.None };
      const { alarms } = await client.maintenance.alarm({ action: AlarmAction.Get, ...request }, deadline(DEADLINE_MS));
      for (const { memberID, alarm } of alarms) {
        if (alarm.toUpperCase() !== 'NOSPACE') continue;
        await client.maintenance.alarm(
          { action: AlarmAction.Deactivate, memberID, alarm: AlarmType.Nospace },
          deadline(DEADLINE_MS),
        );
      }
    });
  }

  close(): void {
    for (const members of this.#members) members.close();
  }

  async #first<T>(make: (client: Etcd3) => Promise<T>): Promise<T> {
    let last: unknown;
    for (const members of this.#members) {
      try {
        return await members.call(make);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async #lookAt(members: Members, host: string): Promise<Fullness> {
    const [{ header }, { alarms }, figures] = await Promise.all([
      members.call(async (client) => await client.maintenance.status(deadline(DEADLINE_MS))),
      members.call(
        async (client) =>
          await client.maintenance.alarm(
            { action: AlarmAction.Get, memberID: 0, alarm: AlarmType.None },
            deadline(DEADLINE_MS),
          ),
      ),
      metricsOf(host, this.#address.tls),
    ]);
    const full = alarms.some(({ alarm }) => alarm.toUpperCase() === 'NOSPACE');
    const quota = figure(figures, 'etcd_server_quota_backend_bytes');
    const share = (name: string) => (quota > 0 ? figure(figures, name) / quota : 0);
    return {
      used: share('etcd_mvcc_db_total_size_in_use_in_bytes'),
      file: share('etcd_mvcc_db_total_size_in_bytes'),
      quota,
      full,
      revision: Number(header.revision),
    };
  }
}

function deadline(ms: number): { deadline: number } {
  return { deadline: Date.now() + ms };
}

function figure(text: string, name: string): number {
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  return value === undefined ? 0 : Number(value);
}

/** The quota is in no answer of the API before etcd 3.6. Empty where a member shows no figures at its client address. */
async function metricsOf(host: string, tls: EtcdTls | undefined): Promise<string> {
  const url = new URL('/metrics', host);
  const { ca, cert, key } = tls ?? {};
  const get = url.protocol === 'https:' ? https.get : http.get;
  return await new Promise((resolve) => {
    const nothing = () => resolve('');
    const request = get(url, { ca, cert, key, agent: false, timeout: DEADLINE_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        text += piece;
        if (text.length > METRICS_MOST_BYTES) request.destroy();
      });
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : ''));
      answer.on('close', nothing);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', nothing);
  });
}
