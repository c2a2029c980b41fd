import { check, type Revision, type Violation } from '../faults/checker.ts';
import type { Seen } from '../faults/witness.ts';

/** What a soak saw, from all sides. */
export interface Evidence {
  readonly seconds: number;
  readonly seed: number;
  readonly kills: ReadonlyMap<string, number>;
  /** Creations that were acknowledged; a repeated request is acknowledged again. */
  readonly accepted: readonly { readonly guid: string; readonly uid: string }[];
  readonly history: readonly Revision[];
  /** Starts as the tasks' own processes told them, and as the engine did. */
  readonly ledger: readonly Seen[];
  readonly engine: readonly Seen[];
  readonly callbacks: readonly { readonly webhookId: string; readonly body: string; readonly answered: number }[];
  readonly containersLeft: readonly string[];
  /** Cells that did not take a task of their whole memory after everything had ended. */
  readonly cellsNotEmpty: readonly string[];
}

export interface Report {
  readonly text: string;
  readonly faults: readonly Violation[];
}

/** The one page at the end. Everything under "must be 0" that is not is a fault. */
export function reportOf(evidence: Evidence): Report {
  const { history, accepted, callbacks, containersLeft, cellsNotEmpty } = evidence;
  const uids = [...new Set(accepted.map(({ uid }) => uid))];
  const outcomes = outcomesOf(history);
  const told = new Set(callbacks.map(({ webhookId }) => webhookId));
  const untold = uids.filter((uid) => !told.has(uid));
  const faults = [
    ...check({ history, accepted, starts: evidence.ledger, containers: containersLeft, callbacks, finished: true }),
    ...check({ history, starts: evidence.engine }).map((fault) => ({ ...fault, what: `${fault.what}, by the engine` })),
    ...untold.map((uid) => ({ invariant: 'I8', what: `${uid} was not called back` })),
    ...cellsNotEmpty.map((cell) => ({ invariant: 'I17', what: `${cell} has no room for a task of its whole size` })),
  ];
  const faultsOf = (...invariants: string[]) => faults.filter(({ invariant }) => invariants.includes(invariant)).length;
  const others = faults.filter(({ invariant }) => !['I1', 'I2', 'I16', 'I17', 'I8'].includes(invariant)).length;
  const counts = new Map<string, number>();
  for (const uid of uids) {
    const outcome = outcomes.get(uid) ?? 'no outcome';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const killed = [...evidence.kills.values()].reduce((sum, one) => sum + one, 0);
  const rows: [string, number | string][] = [
    ['minutes', (evidence.seconds / 60).toFixed(1)],
    ['seed', evidence.seed],
    ['killed', `${killed} (${[...evidence.kills].map(([name, times]) => `${name} ${times}`).join(', ')})`],
    ['submitted', uids.length],
    ['started, by their own word', distinct(evidence.ledger)],
    ["started, by the engine's word", distinct(evidence.engine)],
    ...[...counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, n]): [string, number] => [`ended ${name}`, n]),
    ['callbacks received', callbacks.length],
    ['must be 0: started twice (I1)', faultsOf('I1')],
    ['must be 0: lost without a record (I2)', faultsOf('I2')],
    ['must be 0: leaked containers (I16)', faultsOf('I16')],
    ['must be 0: leaked reservations (I17)', faultsOf('I17')],
    ['must be 0: undelivered callbacks (I8)', faultsOf('I8')],
    ['must be 0: anything else (I4 to I6, I10, I13, I15, I18)', others],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const first = faults.slice(0, 20).map(({ invariant, what }) => `${invariant}: ${what}`);
  return { text: [...lines, ...first].join('\n'), faults };
}

/** The first outcome of each life. */
function outcomesOf(history: readonly Revision[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of history) {
    if (!key.startsWith('task/') || value === undefined) continue;
    const { uid, state, outcome } = JSON.parse(value) as { uid: string; state: string; outcome: string };
    if (state === 'COMPLETED' && !found.has(uid)) found.set(uid, outcome);
  }
  return found;
}

function distinct(starts: readonly Seen[]): number {
  return new Set(starts.map(({ guid, id }) => `${guid} ${id}`)).size;
}
