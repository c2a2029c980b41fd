import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { startTestBbs, type TestBbs } from './bbs.ts';
import { startEtcd, type TestEtcd } from './etcd.ts';

/** What a test has that is run on each of the stores. */
export interface BbsUnderTest {
  readonly kind: 'embedded' | 'etcd';
  /** On an empty store; stopped after the test. */
  bbs: TestBbs;
  /** One more, on a store of its own (etcd: below `prefix`). Who starts it stops it. */
  start(over?: Parameters<typeof startTestBbs>[0], prefix?: string): Promise<TestBbs>;
  /** Done after the test, the last first. */
  afterwards(...stops: (() => Promise<void>)[]): void;
}

/** The same tests on each of the stores. */
export function onEachBbs(title: string, tests: (on: BbsUnderTest) => void): void {
  describe.each(['embedded', 'etcd'] as const)(`${title}, on the %s store`, (kind) => {
    let etcd: TestEtcd | undefined;
    let run = 0;
    const stops: (() => Promise<void>)[] = [];
    const on = {
      kind,
      start: (over = {}, prefix = `/test-${run}/`) =>
        startTestBbs({
          ...(etcd === undefined ? {} : { store: { kind: 'etcd', hosts: [...etcd.hosts], prefix } }),
          ...over,
        }),
      afterwards: (...more) => void stops.push(...more),
    } as BbsUnderTest;
    beforeAll(async () => {
      if (kind === 'etcd') etcd = await startEtcd();
    });
    afterAll(() => etcd?.stop());
    beforeEach(async () => {
      run += 1;
      on.bbs = await on.start();
    });
    afterEach(async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
      await on.bbs.stop();
    });
    tests(on);
  });
}
