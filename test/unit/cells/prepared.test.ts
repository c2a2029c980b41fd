import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeRuntime } from '../../../cells/executor/fake-runtime.ts';
import { mouldOf, PreparedContainers } from '../../../cells/executor/prepared.ts';
import type { ContainerSpec } from '../../../cells/executor/runtime.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import { type Clock, systemClock } from '../../../src/platform/clock.ts';

const LIMITS = { memoryBytes: 0, diskBytes: 0, cpuShares: 0, pids: 0, nofile: 0 };
let names = 0;
const specOf = (over: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name: `task-${(names += 1)}`,
  image: 'busybox',
  labels: {},
  path: '/bin/true',
  args: [],
  env: ['SECRET=1'],
  dir: undefined,
  user: undefined,
  privileged: false,
  limits: LIMITS,
  network: 'none',
  ...over,
});

describe('prepared containers', () => {
  const open: PreparedContainers[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });

  function setUp(over: { most?: number; quiet?: () => boolean; clock?: Clock } = {}) {
    const runtime = new FakeRuntime({ missingImages: ['gone'] });
    const { most = 2, quiet = () => true, clock = systemClock() } = over;
    const prepared = new PreparedContainers({
      runtime,
      most,
      diskQuota: false,
      quiet,
      clock,
      log: pino({ level: 'silent' }),
    });
    open.push(prepared);
    const popular = async (spec: Partial<ContainerSpec> = {}) => {
      for (let use = 0; use < 2; use += 1) expect(await prepared.take(specOf(spec))).toBeUndefined();
    };
    const waiting = async (count: number) => await vi.waitFor(() => expect(prepared.waiting).toBe(count), 20_000);
    return { runtime, prepared, popular, waiting };
  }

  it('are made of what was used twice, and each is given once, with nothing of an earlier task', async () => {
    const { runtime, prepared, popular, waiting } = setUp();
    const prepare = vi.spyOn(runtime, 'prepare');
    await prepared.take(specOf({ image: 'once' }));
    await popular();
    await waiting(2);
    const made = await runtime.listOwned();
    expect(made.every((one) => prepared.owns(one))).toBe(true);
    for (const [spec] of prepare.mock.calls)
      expect(spec).toMatchObject({ image: 'busybox', path: '', args: [], env: [] });
    const spec = specOf({ labels: { 'gavel.guid': 'g' }, limits: { ...LIMITS, memoryBytes: 5 } });
    const id = (await prepared.take(spec)) ?? '';
    expect(runtime.limitsOf(id).memoryBytes).toBe(5);
    const given = (await runtime.listOwned()).find((one) => one.id === id);
    expect(given).toMatchObject({ name: spec.name, labels: made.find((one) => one.id === id)?.labels });
    expect(await prepared.take(specOf())).not.toBe(id);
    await waiting(2);
    expect(runtime.calls.prepare).toBe(4);
  });

  it('are shared out among kinds, those used last first, and are given up for newer ones', async () => {
    const { runtime, prepared, popular, waiting } = setUp();
    await popular({ user: 'a' });
    await waiting(2);
    await popular({ user: 'b' });
    await popular({ user: 'c' });
    await vi.waitFor(() => expect(runtime.calls.remove).toBe(2), 20_000);
    await waiting(2);
    expect(await prepared.take(specOf({ user: 'a' }))).toBeUndefined();
    expect(await prepared.take(specOf({ user: 'c' }))).toBeDefined();
  });

  it('are given up when nobody has asked for their kind for long', async () => {
    let now = 0;
    const clock: Clock = { ...systemClock(), monotonicMs: () => now };
    const { runtime, prepared, popular, waiting } = setUp({ clock });
    await popular();
    await waiting(2);
    now = 24 * 3_600_000;
    // Any use makes it look.
    await prepared.take(specOf({ user: 'other' }));
    await vi.waitFor(() => expect(runtime.calls.remove).toBe(2), 20_000);
    expect(prepared.waiting).toBe(0);
  });

  it('wait for the machine to be quiet', async () => {
    let quiet = false;
    const { runtime, popular, waiting } = setUp({ quiet: () => quiet });
    await popular();
    await new Promise((done) => setTimeout(done, 300));
    expect(runtime.calls.prepare).toBe(0);
    quiet = true;
    await waiting(2);
  });

  it('are not tried again and again with an image that is gone, and others have their turn', async () => {
    const { runtime, popular, waiting } = setUp({ most: 1 });
    await popular({ image: 'gone' });
    await vi.waitFor(() => expect(runtime.calls.prepare).toBe(1), 20_000);
    await popular();
    await waiting(1);
    expect(runtime.calls.prepare).toBe(2);
    expect(await runtime.listOwned()).toHaveLength(1);
  });

  it('that died are replaced after a pause', async () => {
    const { runtime, popular, waiting } = setUp({ most: 1 });
    await popular();
    await waiting(1);
    const [first] = await runtime.listOwned();
    await runtime.remove(first?.id ?? '');
    await waiting(0);
    await waiting(1);
    expect(runtime.calls.prepare).toBe(2);
  });

  it('that cannot be given are removed, and the task gets one of its own', async () => {
    const { runtime, prepared, popular, waiting } = setUp({ most: 1 });
    await popular();
    await waiting(1);
    const [first] = await runtime.listOwned();
    vi.spyOn(runtime, 'assign').mockRejectedValueOnce(new DomainError('conflict', 'it does not wait any more'));
    expect(await prepared.take(specOf())).toBeUndefined();
    expect((await runtime.listOwned()).map(({ id }) => id)).not.toContain(first?.id);
  });

  it('are all gone when the cell stops, those under way too', async () => {
    const { runtime, prepared, popular, waiting } = setUp();
    await popular();
    await waiting(1);
    await prepared.stop();
    expect(await runtime.listOwned()).toEqual([]);
    expect(await prepared.take(specOf())).toBeUndefined();
  });

  it('are none where none are wanted', async () => {
    const { runtime, popular } = setUp({ most: 0 });
    await popular();
    await popular();
    expect(runtime.calls.prepare).toBe(0);
  });

  it('serve only what differs in nothing that cannot be changed', () => {
    const key = mouldOf(specOf(), false);
    for (const over of [
      { limits: { ...LIMITS, memoryBytes: 1, cpuShares: 2, pids: 3, diskBytes: 4 } },
      { env: ['A=1'] },
    ]) {
      expect(mouldOf(specOf(over), false)).toBe(key);
    }
    const differing: Partial<ContainerSpec>[] = [
      { image: 'other' },
      { user: 'a' },
      { dir: '/a' },
      { network: 'bridge' },
      { limits: { ...LIMITS, nofile: 1 } },
    ];
    for (const over of differing) expect(mouldOf(specOf(over), false)).not.toBe(key);
    expect(mouldOf(specOf({ limits: { ...LIMITS, diskBytes: 1 } }), true)).not.toBe(mouldOf(specOf(), true));
    expect(mouldOf(specOf({ privileged: true }), false)).toBeUndefined();
    const egress = [{ protocol: 'all', destinations: ['0.0.0.0/0'], ports: [], log: false }];
    expect(mouldOf(specOf({ egress }), false)).toBeUndefined();
    expect(mouldOf(specOf({ labels: { 'network.policy': 'x' } }), false)).toBeUndefined();
  });
});
