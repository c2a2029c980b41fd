import type { BbsAttempt, Claim } from './wire.ts';

/** Where a local attempt stands. `found-*`: a container of before a restart, not yet spoken about with the BBS. */
export type Phase =
  | 'found-process'
  | 'found-created'
  | 'fetching'
  | 'preparing'
  | 'starting'
  | 'running'
  | 'reporting'
  | 'removing';

export interface LocalAttempt extends Claim {
  readonly phase: Phase;
  /** Under which it is held. */
  readonly epoch: string;
  /** Since it came into its phase. */
  readonly ageMs: number;
}

export type Step = { readonly claim: Claim } & {
  readonly does:
    | 'take' // a claim that nobody told us of
    | 'adopt' // ours from an earlier epoch: ask whether it still is
    | 'give-up' // a claim of an earlier epoch whose process has not begun: it cannot start any more
    | 'end' // over in the BBS, so it is over here
    | 'verify' // the BBS does not list it: ask for it by name before anything is done to it
    | 'fail-unstarted' // counts as running, but its container was never seen to start
    | 'fail-missing' // counts as running, but has no container
    | 'discard'; // a container that was made and not started, for a claim that is no longer
};

/** A list may have been made just before the change that brought us here; asking by name then would be for nothing. */
const LIST_LAG_MS = 1_000;

/** What to do so that cell and BBS agree (reliability 4.6). Pure; the BBS's own compares decide in the end. */
export function plan(epoch: string, local: readonly LocalAttempt[], listed: readonly BbsAttempt[]): Step[] {
  const steps: Step[] = [];
  const byAttempt = new Map(listed.map((task) => [task.attempt, task]));
  for (const mine of local) {
    const does = stepFor(epoch, mine, byAttempt.get(mine.attempt));
    if (does !== undefined) steps.push({ does, claim: { guid: mine.guid, attempt: mine.attempt } });
  }
  const known = new Set(local.map(({ attempt }) => attempt));
  for (const { guid, attempt, state, epoch: under } of listed) {
    if (known.has(attempt)) continue;
    const claim = { guid, attempt };
    if (state === 'RUNNING') steps.push({ does: 'fail-missing', claim });
    // A claim of an earlier epoch cannot be started any more; the BBS takes it back by itself.
    else if (state === 'CLAIMED' && under === epoch) steps.push({ does: 'take', claim });
  }
  return steps;
}

function stepFor(epoch: string, mine: LocalAttempt, theirs: BbsAttempt | undefined): Step['does'] | undefined {
  switch (mine.phase) {
    case 'found-process':
      return 'adopt';
    case 'found-created':
      return theirs?.state === 'RUNNING' ? 'fail-unstarted' : 'discard';
    case 'fetching':
    case 'preparing':
      return mine.epoch === epoch ? over(mine, theirs) : 'give-up';
    case 'starting':
      // Its own question to the BBS is under way, and answers for it.
      return undefined;
    case 'running':
      return mine.epoch === epoch ? over(mine, theirs) : 'adopt';
    case 'reporting':
    case 'removing':
      break;
  }
  return undefined;
}

function over(mine: LocalAttempt, theirs: BbsAttempt | undefined): 'end' | 'verify' | undefined {
  if (theirs?.state === 'COMPLETED' || theirs?.state === 'RESOLVING') return 'end';
  return theirs === undefined && mine.ageMs > LIST_LAG_MS ? 'verify' : undefined;
}
