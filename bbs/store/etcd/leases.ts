import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Etcd3, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import type { LeaseId } from '../store.ts';
import { CALL_DEADLINE_MS, type Members } from './client.ts';

/**
 * Leases by plain calls. etcd3's own `Lease` tells of a loss late and by the wall clock (reliability F5); here the caller renews
 * and keeps the time.
 */
export async function grantLease(members: Members, ttlMs: number): Promise<LeaseId> {
  // etcd counts in seconds and rounds up short ones by itself (to about 2 s with default elections).
  const ttl = Math.max(1, Math.ceil(ttlMs / 1_000));
  const answer = await members.call((client) => client.leaseClient.leaseGrant({ TTL: ttl, ID: 0 }));
  return answer.ID;
}

/**
 * Renewals of all leases over one stream to each member: etcd has renewal only as a stream, and a stream for each renewal costs
 * both sides several times the renewal (a thousand cells renew 300 times a second).
 */
export class Renewals {
  readonly #members: Members;
  readonly #streams = new Map<Etcd3, Promise<RenewalStream>>();

  constructor(members: Members) {
    this.#members = members;
  }

  /** @returns false when the lease is gone. */
  async renew(lease: LeaseId): Promise<boolean> {
    const answer = await this.#members.call(async (client) => await (await this.#streamOf(client)).renew(lease));
    // A lease that is gone is answered with no time left.
    return Number(answer.TTL) > 0;
  }

  async #streamOf(client: Etcd3): Promise<RenewalStream> {
    const opening = this.#streams.get(client) ?? openStream(client);
    this.#streams.set(client, opening);
    const stream = await opening.catch((error: unknown) => {
      this.#forget(client, opening);
      throw error;
    });
    if (stream.open) return stream;
    this.#forget(client, opening);
    return await this.#streamOf(client);
  }

  /** Unless somebody has opened the next one already. */
  #forget(client: Etcd3, opening: Promise<RenewalStream>): void {
    if (this.#streams.get(client) === opening) this.#streams.delete(client);
  }
}

async function openStream(client: Etcd3): Promise<RenewalStream> {
  const stream = await client.leaseClient.leaseKeepAlive();
  return new RenewalStream(stream as ClientDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>);
}

/**
 * What comes within this time travels together: renewals are in no hurry, and a thousand cells' come one by one, each of which would
 * wake both sides (docs/performance.md).
 */
const GATHER_MS = 50;

interface Waiting {
  readonly resolve: (answer: ILeaseKeepAliveResponse) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

class RenewalStream {
  readonly #stream: ClientDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;
  /** By lease, in the order asked: an answer stands only for the question it was given to, for the asker counts its time from that. */
  readonly #waiting = new Map<LeaseId, Waiting[]>();
  /** To be asked in the next gathering, in the order they came. */
  #gathered: LeaseId[] = [];
  open = true;

  constructor(stream: ClientDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>) {
    this.#stream = stream;
    stream.on('data', (answer: ILeaseKeepAliveResponse) => this.#answered(answer));
    stream.on('error', (error: Error) => this.#broke(error));
    stream.on('end', () => this.#broke(new Error('14 UNAVAILABLE: the store ended the renewals')));
  }

  renew(lease: LeaseId): Promise<ILeaseKeepAliveResponse> {
    return new Promise((resolve, reject) => {
      const late = () => this.#late(reject);
      const waiting: Waiting = { resolve, reject, timer: setTimeout(late, CALL_DEADLINE_MS) };
      const others = this.#waiting.get(lease);
      if (others === undefined) this.#waiting.set(lease, [waiting]);
      else others.push(waiting);
      if (this.#gathered.push(lease) === 1) setTimeout(() => this.#ask(), GATHER_MS);
    });
  }

  #ask(): void {
    for (const lease of this.#gathered) this.#stream.write({ ID: lease });
    this.#gathered = [];
  }

  #answered(answer: ILeaseKeepAliveResponse): void {
    const line = this.#waiting.get(answer.ID);
    const waiting = line?.shift();
    if (line?.length === 0) this.#waiting.delete(answer.ID);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    // One that was told it is late hears nothing of this any more.
    waiting.resolve(answer);
    if (!this.open && this.#waiting.size === 0) this.#stream.end();
  }

  /** A stream on which one answer is missing may be dead altogether: new renewals get another one, those under way their own time. */
  #late(reject: (error: Error) => void): void {
    reject(new Error('4 DEADLINE_EXCEEDED: the store did not answer a renewal'));
    if (!this.open) return;
    this.open = false;
    setTimeout(() => this.#broke(new Error('14 UNAVAILABLE: the renewals stood still')), CALL_DEADLINE_MS).unref();
  }

  #broke(error: Error): void {
    this.open = false;
    for (const { reject, timer } of [...this.#waiting.values()].flat()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    this.#gathered = [];
    // Ended, not cancelled: a cancel comes back as an error, and etcd3 drops the connection at errors.
    this.#stream.end();
  }
}
