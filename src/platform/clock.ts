/** Time as everything above the machine sees it, so that tests can move it. */
export interface Clock {
  /** UNIX time in nanoseconds. Never goes back within one process. */
  nowNanos(): bigint;
  /** UNIX time in milliseconds. */
  nowMs(): number;
  /** Milliseconds of a clock that no one can set; for durations and leases. */
  monotonicMs(): number;
}

const STEP_NANOS = 50_000_000n;

/** The machine's clock: the wall clock's milliseconds, refined to nanoseconds by the monotonic one between its steps. */
export function systemClock(): Clock {
  const wall = () => BigInt(Date.now()) * 1_000_000n;
  let anchor = wall() - process.hrtime.bigint();
  let last = 0n;
  return {
    nowNanos: () => {
      let now = anchor + process.hrtime.bigint();
      const drift = wall() - now;
      // The wall clock was set (or the machine slept): follow it.
      if (drift > STEP_NANOS || drift < -STEP_NANOS) {
        anchor += drift;
        now += drift;
      }
      last = now > last ? now : last + 1n;
      return last;
    },
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
  };
}
