import { ERRORS, isDomainError } from '../domain/errors.ts';
import type { Outcome, Task } from '../domain/task.ts';
import type { StopSignal } from './io.ts';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  ours: 5,
  notAllowed: 6,
  cancelled: 7,
  timedOut: 8,
  unplaced: 9,
  lost: 10,
  late: 124,
  notTheTask: 125,
  interrupted: 130,
  terminated: 143,
  hungUp: 129,
} as const;

/** The table of `gavel --exit-codes`. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done; for what follows a task: it succeeded'],
  [EXIT.failed, 'the task ran and failed (never a fault of ours)'],
  [EXIT.usage, 'usage or validation: bad flag, bad spec, a question that could not be asked'],
  [EXIT.notFound, 'not found'],
  [EXIT.conflict, 'conflict: exists already, or not in this state'],
  [EXIT.ours, 'our side: server not reachable, internal error'],
  [EXIT.notAllowed, 'not allowed'],
  [EXIT.cancelled, 'the task was cancelled'],
  [EXIT.timedOut, 'the task timed out'],
  [EXIT.unplaced, 'no cell took the task'],
  [EXIT.lost, 'the task was lost, or what runs it failed'],
  [EXIT.late, 'our own --timeout elapsed; the task goes on'],
  [EXIT.notTheTask, 'only with --propagate: not the task failed, but what runs it'],
  [EXIT.interrupted, 'interrupted and detached; 143 on SIGTERM, 129 on SIGHUP'],
];

/** Beside 0, 2, 5 and 6, which any command may answer: by the command's name, as people type it. */
const MORE: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^gavel (run|task|task attach|task result|wait|task wait)$/, [1, 7, 8, 9, 10]],
  [
    /^gavel (run|task( attach)?|wait|task wait|logs|task logs|events|task events|task top|top|cells top|cells logs|ps|task ls)$/,
    [130],
  ],
  [/^gavel (explain|task explain|submit|task submit|capacity fit)$/, [9]],
  [/^gavel (task |)(wait|cancel|kill)$|^gavel cells drain$/, [124]],
  [/^gavel (task |)(run|wait)$/, [125]],
  [
    /^gavel (task |)(run|submit|cancel|kill|rerun|resolve|rm|annotate|upload|download|outputs|result)$|^gavel callbacks /,
    [4],
  ],
  [/^gavel (task|logs|wait|explain|cancel|kill|cells \w+|callbacks \w+|context \w+)\b/, [3]],
  [/^gavel (dev|bbs|auctioneer|cell)$/, [130]],
];

/** For a command's help. */
export function exitCodesOf(name: string): readonly number[] {
  const more = MORE.flatMap(([pattern, codes]) => (pattern.test(name) ? codes : []));
  return [...new Set([0, 2, 5, 6, ...more])].toSorted((a, b) => a - b);
}

/** What a command that a signal ended exits with. */
export function exitOfSignal(signal: StopSignal | undefined): number {
  if (signal === 'SIGTERM') return EXIT.terminated;
  return signal === 'SIGHUP' ? EXIT.hungUp : EXIT.interrupted;
}

const BY_OUTCOME: Readonly<Record<Outcome, number>> = {
  succeeded: EXIT.ok,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
  timed_out: EXIT.timedOut,
  unplaced: EXIT.unplaced,
  lost: EXIT.lost,
  infra_failed: EXIT.lost,
};

export function exitOfTask(task: Task): number {
  return task.outcome === '' ? EXIT.ours : BY_OUTCOME[task.outcome];
}

/** The task's own exit code, for `--propagate`. */
export function propagatedExit(task: Task): number {
  if (task.outcome === 'unplaced' || task.outcome === 'lost' || task.outcome === 'infra_failed') return EXIT.notTheTask;
  return task.exit_code ?? exitOfTask(task);
}

export function exitOfError(error: unknown): number {
  return isDomainError(error) ? ERRORS[error.code].exit : EXIT.ours;
}

const WORST_FIRST = [5, 10, 1, 8, 9, 11, 7, 6, 4, 3, 2, 124];

/** Of several, the one that says most. */
export function worstExit(codes: readonly number[]): number {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? codes.find((code) => code !== 0) ?? 0;
}
