import type { WaitCondition } from '../client/index.ts';
import { DomainError } from '../domain/errors.ts';
import { OUTCOMES, type Outcome, TASK_STATES, type Task, type TaskState } from '../domain/task.ts';
import { nearest } from '../platform/nearest.ts';

/*
 * People come with the words of the system they know. Input takes them all; output has one vocabulary.
 */

interface Meaning {
  readonly states: readonly TaskState[];
  /** Only with one of these; undefined = any. */
  readonly outcomes?: readonly Outcome[];
}

const ENDED: readonly TaskState[] = ['COMPLETED', 'RESOLVING'];
export const ACTIVE: readonly TaskState[] = ['PENDING', 'CLAIMED', 'RUNNING'];
const ended = (...outcomes: Outcome[]): Meaning => ({ states: ENDED, outcomes });
const inState = (...states: TaskState[]): Meaning => ({ states });

const WORDS: Readonly<Record<string, Meaning>> = {
  ...Object.fromEntries(TASK_STATES.map((state) => [state.toLowerCase(), inState(state)])),
  ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, ended(outcome)])),
  active: { states: ACTIVE },
  finished: { states: ENDED },
  resolved: { states: ENDED },
  canceled: ended('cancelled'),
  // BOSH
  queued: inState('PENDING', 'CLAIMED'),
  processing: inState('RUNNING'),
  cancelling: inState('RUNNING'),
  done: ended('succeeded'),
  error: ended('failed', 'timed_out', 'unplaced', 'lost', 'infra_failed'),
  timeout: ended('timed_out'),
  // Inductiva
  pending_input: inState('PENDING'),
  submitted: inState('PENDING', 'CLAIMED'),
  success: ended('succeeded'),
  pending_kill: inState('RUNNING'),
  killed: ended('cancelled'),
  // EasyTask calls a dispatched task started, Inductiva a running one
  started: inState('CLAIMED', 'RUNNING'),
  trigger: inState('PENDING'),
  triggered: inState('PENDING'),
  terminated: ended('cancelled'),
};

/** The words of other systems and what they stand for here, for the help page. */
export function wordsText(): string {
  const own = new Set<string>([...TASK_STATES.map((state) => state.toLowerCase()), ...OUTCOMES]);
  const foreign = Object.entries(WORDS).filter(([word]) => !own.has(word));
  const width = Math.max(...foreign.map(([word]) => word.length));
  return foreign
    .map(([word, { states, outcomes }]) => `  ${word.padEnd(width)}  ${(outcomes ?? states).join(', ')}`)
    .join('\n');
}

export interface StateFilter {
  /** What to ask the server for. */
  readonly states: readonly TaskState[];
  /** Finished tasks are wanted, which live in history too. */
  readonly finished: boolean;
  readonly matches: (task: Task) => boolean;
}

/** What `--outcome` names. @throws DomainError `invalid_argument` naming each unknown word. */
export function outcomesOf(words: readonly string[]): readonly Outcome[] {
  const outcomes = meaningsOf(words, '--outcome').flatMap((meaning) => meaning.outcomes ?? []);
  if (outcomes.length === 0) {
    throw new DomainError('invalid_argument', `--outcome: give outcomes, which are ${OUTCOMES.join(', ')}`);
  }
  return outcomes;
}

/** What `--for` names. @throws DomainError `invalid_argument` naming each unknown word. */
export function conditionsOf(words: readonly string[]): readonly WaitCondition[] {
  return meaningsOf(words, '--for').flatMap((meaning): readonly WaitCondition[] => {
    if (meaning.outcomes !== undefined) return meaning.outcomes;
    if (meaning.states.includes('COMPLETED')) return ['ended'];
    if (meaning.states.includes('RUNNING')) return [meaning.states.includes('CLAIMED') ? 'claimed' : 'running'];
    if (meaning.states.includes('CLAIMED')) return ['claimed'];
    throw new DomainError(
      'invalid_argument',
      '--for: every task has been PENDING; wait for running, or for an outcome',
    );
  });
}

/** @throws DomainError `invalid_argument` naming each unknown word and the nearest known one. */
export function stateFilter(words: readonly string[]): StateFilter {
  const meanings = meaningsOf(words, '--state');
  const states = TASK_STATES.filter((state) => meanings.some((meaning) => meaning.states.includes(state)));
  return {
    states,
    finished: states.some((state) => ENDED.includes(state)),
    matches: (task) =>
      meanings.some(
        ({ states: some, outcomes }) =>
          some.includes(task.state) &&
          (outcomes === undefined || (task.outcome !== '' && outcomes.includes(task.outcome))),
      ),
  };
}

function meaningsOf(words: readonly string[], flag: string): readonly Meaning[] {
  const faults: { field: string; message: string }[] = [];
  const meanings: Meaning[] = [];
  for (const word of words) {
    const meaning =
      WORDS[
        word
          .trim()
          .toLowerCase()
          .replaceAll(/[\s-]+/g, '_')
      ];
    if (meaning !== undefined) {
      meanings.push(meaning);
      continue;
    }
    const meant = nearest(word, Object.keys(WORDS));
    faults.push({
      field: flag,
      message: `there is no ${flag.slice(2)} ${word}${meant === undefined ? `; known are ${Object.keys(WORDS).join(', ')}` : `; did you mean ${meant}?`}`,
    });
  }
  if (faults.length > 0) throw new DomainError('invalid_argument', `${flag}: unknown word`, { faults });
  return meanings;
}
