/** The longest a timer can be set for. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Calls back once, after a time of any length. @returns what takes it back. */
export function after(ms: number, then: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const now = Math.min(Math.max(left, 0), TIMER_MAX_MS);
    left -= now;
    timer = setTimeout(() => (left > 0 ? arm() : then()), now);
  };
  arm();
  return () => clearTimeout(timer);
}

/**
 * A signal for what is inside, which the outer one aborts too. To be let go of at the end: what `AbortSignal.any` hangs on a
 * signal that lives on is never freed again (Node 20).
 */
export function childSignal(outer: AbortSignal): {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
} {
  const controller = new AbortController();
  const pass = (): void => controller.abort(outer.reason);
  if (outer.aborted) pass();
  else outer.addEventListener('abort', pass, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => outer.removeEventListener('abort', pass),
  };
}

/** The promise's value, or undefined when one of the signals aborts or the time is up before it settles. */
export async function within<T>(
  promise: Promise<T>,
  bounds: { readonly ms?: number; readonly signals?: readonly AbortSignal[] },
): Promise<{ readonly value: T } | undefined> {
  const { ms, signals = [] } = bounds;
  let release = (): void => undefined;
  const bound = new Promise<undefined>((resolve) => {
    const end = (): void => resolve(undefined);
    const disarm = ms === undefined ? undefined : after(ms, end);
    for (const signal of signals) {
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
    }
    release = () => {
      disarm?.();
      for (const signal of signals) signal.removeEventListener('abort', end);
    };
  });
  try {
    return await Promise.race([promise.then((value) => ({ value })), bound]);
  } finally {
    release();
  }
}
