import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StepResult, StopRequest } from '../../../../cells/executor/actions/step.ts';
import type { Action } from '../../../../src/domain/action.ts';
import { formatGoDuration } from '../../../../src/domain/duration.ts';
import { FakeWorld, runOf } from './fake-context.ts';

/*
 * A random tree, run by the executor on a scripted world, against an evaluator that only reckons with times. No two things may
 * happen at the same moment, or both orders would be right: every duration is a multiple of a large unit plus a bit of its own, so
 * that different sums of different durations always differ.
 */
const UNIT = 2 ** 20;
const GRACE_MS = 7 * UNIT;

type Tree =
  | { kind: 'run'; ms: number; exit: number; stubborn: boolean }
  | { kind: 'timeout'; ms: number; child: Tree }
  | { kind: 'try' | 'progress'; child: Tree }
  | { kind: 'serial' | 'parallel' | 'codependent'; children: Tree[] };

const { tree } = fc.letrec<{ tree: Tree; inner: Tree }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf(), tie('inner')),
  inner: fc.oneof(
    fc.record({ kind: fc.constant('timeout' as const), ms: fc.nat(20), child: tie('tree') }),
    fc.record({ kind: fc.constantFrom('try' as const, 'progress' as const), child: tie('tree') }),
    fc.record({
      kind: fc.constantFrom('serial' as const, 'parallel' as const, 'codependent' as const),
      children: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

function leaf(): fc.Arbitrary<Tree> {
  const exit = fc.constantFrom(0, 0, 1, 2);
  return fc.record({ kind: fc.constant('run' as const), ms: fc.nat(20), exit, stubborn: fc.boolean() });
}

/** Gives every duration its own bit. Undefined when the tree has more durations than there are bits. */
function timed(root: Tree): Tree | undefined {
  let bits = 1;
  const visit = (node: Tree): Tree => {
    const own = 'ms' in node ? node.ms * UNIT + 2 ** bits++ : 0;
    if (node.kind === 'run') return { ...node, ms: own };
    if ('children' in node) return { ...node, children: node.children.map(visit) };
    const child = visit(node.child);
    return node.kind === 'timeout' ? { ...node, ms: own, child } : { ...node, child };
  };
  const done = visit(root);
  return bits < 20 ? done : undefined;
}

function toAction(node: Tree): Action {
  const log_source = '';
  switch (node.kind) {
    case 'run':
      return { run: runOf(`ms=${node.ms} exit=${node.exit}${node.stubborn ? ' term=ignore' : ''}`) };
    case 'timeout':
      return { timeout: { action: toAction(node.child), timeout_ms: node.ms, log_source } };
    case 'try':
      return { try: { action: toAction(node.child), log_source } };
    case 'progress': {
      const words = { start_message: '', success_message: '', failure_message_prefix: '' };
      return { emit_progress: { action: toAction(node.child), ...words, log_source } };
    }
    default: {
      const list = { actions: node.children.map(toAction), log_source };
      if (node.kind === 'serial') return { serial: list };
      return node.kind === 'parallel' ? { parallel: list } : { codependent: list };
    }
  }
}

interface Outcome {
  readonly kind: StepResult['kind'];
  readonly text: string;
  readonly shown: string;
  readonly end: number;
}

const done = (kind: StepResult['kind'], end: number, text = '', shown = ''): Outcome => ({ kind, text, shown, end });

/** What comes of a node that begins at `start` and is told to end at `cancel`. */
function evaluate(node: Tree, start: number, cancel: number): Outcome {
  switch (node.kind) {
    case 'run': {
      if (cancel <= start) return done('cancelled', start);
      const end = start + node.ms;
      if (end >= cancel) return done('cancelled', node.stubborn ? Math.min(end, cancel + GRACE_MS) : cancel);
      if (node.exit === 0) return done('succeeded', end);
      const text = `APP: Exited with status ${node.exit}`;
      return done('failed', end, text, text);
    }
    case 'try':
      return done('succeeded', evaluate(node.child, start, cancel).end);
    case 'progress':
      return evaluate(node.child, start, cancel);
    case 'timeout': {
      const expires = start + node.ms;
      const inTime = evaluate(node.child, start, cancel);
      if (cancel <= expires || inTime.end < expires) return inTime;
      const late = evaluate(node.child, start, expires);
      const more = late.kind === 'failed' && late.shown !== '' ? `; ${late.shown}` : '';
      const text = `exceeded ${formatGoDuration(node.ms)} timeout${more}`;
      return done('failed', late.end, text, text);
    }
    case 'serial': {
      let at = start;
      for (const child of node.children) {
        if (cancel <= at) return done('cancelled', at);
        const outcome = evaluate(child, at, cancel);
        if (outcome.kind !== 'succeeded') return outcome;
        at = outcome.end;
      }
      return done('succeeded', at);
    }
    case 'parallel':
      return together(node.children.map((child) => evaluate(child, start, cancel)));
    case 'codependent': {
      const alone = node.children.map((child) => evaluate(child, start, cancel));
      const first = Math.min(...alone.map(({ end }) => end));
      const outcomes = node.children.map((child, index) => {
        const mine = alone[index] as Outcome;
        const outcome = mine.end === first ? mine : evaluate(child, start, Math.min(cancel, first));
        return outcome.kind === 'succeeded' ? done('failed', outcome.end, 'Codependent step exited') : outcome;
      });
      return together(outcomes);
    }
  }
}

function together(outcomes: readonly Outcome[]): Outcome {
  const end = Math.max(...outcomes.map((outcome) => outcome.end));
  const failures = outcomes.filter(({ kind }) => kind === 'failed');
  const shown = failures.map((failure) => failure.shown).filter((text) => text !== '');
  if (failures.length > 0) return done('failed', end, failures.map(({ text }) => text).join('; '), shown.join('; '));
  return done(outcomes.some(({ kind }) => kind === 'cancelled') ? 'cancelled' : 'succeeded', end);
}

describe('a random tree of actions', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('comes to what the times alone say, cancelled at any moment or not', { timeout: 60_000 }, async () => {
    const cancels = fc.option(fc.nat(60), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(tree, cancels, async (drawn, cancelAt) => {
        const timedTree = timed(drawn);
        fc.pre(timedTree !== undefined);
        // Bit 0 is the cancel's own.
        const cancel = cancelAt === undefined ? Number.POSITIVE_INFINITY : cancelAt * UNIT + 1;
        const world = new FakeWorld();
        world.graceMs = GRACE_MS;
        const controller = new AbortController();
        const begun = Date.now();
        if (cancelAt !== undefined) setTimeout(() => controller.abort(new StopRequest(GRACE_MS)), cancel);
        let end = 0;
        const running = world.run(toAction(timedTree), controller.signal).finally(() => {
          end = Date.now() - begun;
        });
        await vi.runAllTimersAsync();
        const result = await running;
        const expected = evaluate(timedTree, 0, cancel);
        const text = result.kind === 'failed' ? result.text : '';
        expect({ kind: result.kind, text, end }).toEqual({
          kind: expected.kind,
          text: expected.text,
          end: expected.end,
        });
        // Nothing is begun twice, and nothing is left running.
        expect(world.started.length).toBe(world.lines.length);
      }),
      { numRuns: 400 },
    );
  });
});
