import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeptLease, type KeptTerms } from '../../../cells/rep/kept-lease.ts';
import { Membership } from '../../../cells/rep/membership.ts';
import type { Peers } from '../../../cells/rep/peers.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { durationToWire } from '../../../src/rpc/codec.ts';

const log = pino({ level: 'silent' });

describe('what a process of a cell goes by until a BBS answers', () => {
  /** Its own clock would let it wait 48 s; half a second is for asking first. */
  const KEPT: KeptTerms = { ttlMs: 60_000, lostAfterMs: 3_000, agoMs: undefined };
  let member: Membership | undefined;
  afterEach(async () => {
    await member?.leave(100);
  });

  const begin = (last: KeptTerms, answer: () => Promise<object>) => {
    const onFenced = vi.fn();
    const onVouched = vi.fn();
    const nothing = () => undefined;
    member = new Membership({
      peers: { call: answer } as unknown as Peers,
      offer: { cell_id: 'c' },
      incarnation: 'i',
      clock: systemClock(),
      log,
      last,
      onVouched,
      onEpoch: async () => await Promise.resolve(),
      onFenced,
      onDrainDeadline: nothing,
      onChange: nothing,
    });
    member.start();
    return { onFenced, onVouched };
  };
  const away = async () => await Promise.reject(new DomainError('unavailable', 'no BBS'));

  it('counts from when the process before it was vouched for last', async () => {
    const { onFenced } = begin({ ...KEPT, agoMs: 100_000 }, away);
    await vi.waitFor(() => expect(onFenced).toHaveBeenCalledWith(0), 20_000);
  });

  it('counts from its own start where that cannot be told', async () => {
    const { onFenced } = begin(KEPT, away);
    await sleep(1_500);
    expect(onFenced).not.toHaveBeenCalled();
  });

  it('asks first: a BBS that answers has the last word', async () => {
    const told = { epoch: '7', lease_ttl: durationToWire(40_000), lost_after: durationToWire(90_000), drain: null };
    const { onFenced, onVouched } = begin({ ...KEPT, agoMs: 100_000 }, async () => await Promise.resolve(told));
    await sleep(1_500);
    expect(onFenced).not.toHaveBeenCalled();
    expect(onVouched.mock.calls[0]?.[0]).toEqual({ ttlMs: 40_000, lostAfterMs: 90_000 });
  });
});

describe('what is kept of a place', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gavel-lease-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is what the next process finds, and how long ago it was vouched for', async () => {
    const kept = new KeptLease(folder, log);
    kept.keep({ ttlMs: 10_000, lostAfterMs: 110_000 }, 2_500);
    await kept.settled();
    const found = await new KeptLease(folder, log).load();
    expect(found).toMatchObject({ ttlMs: 10_000, lostAfterMs: 110_000 });
    expect(found?.agoMs).toBeGreaterThanOrEqual(2_500);
  });

  it('is without a time after a boot of the machine, and nothing where the file is none of ours', async () => {
    const kept = new KeptLease(folder, log);
    kept.keep({ ttlMs: 10_000, lostAfterMs: 110_000 }, 0);
    await kept.settled();
    const [ttl, lostAfter, , at] = (await readFile(join(folder, 'lease'), 'utf8')).split(' ');
    await writeFile(join(folder, 'lease'), `${ttl} ${lostAfter} another-boot ${at}`);
    expect(await new KeptLease(folder, log).load()).toEqual({ ttlMs: 10_000, lostAfterMs: 110_000, agoMs: undefined });
    await writeFile(join(folder, 'lease'), 'x y');
    expect(await new KeptLease(folder, log).load()).toBeUndefined();
  });
});
