import type { TimelineEvent } from '../client/index.ts';
import { cut } from '../platform/format.ts';

/** One line of the event view; `until` 0 = it lasts still. */
export interface Stage {
  readonly key: string;
  /** The time it is told under, by which lines are in order. */
  readonly at: bigint;
  /** When it began, of one that is told when it is over: what was said meanwhile stands before it. */
  readonly since?: bigint;
  readonly until: bigint;
  readonly text: string;
}

const TEXT_LETTERS = 120;

/** What a timeline knows beyond the record: pulls, placements given back, steps of a tree, outputs, callbacks; each with its duration. */
export function timelineStages(events: readonly TimelineEvent[]): readonly Stage[] {
  return events.flatMap((event, index) => {
    const { kind, time, attempt, text, actor } = event;
    const stage = (words: string, at = time): Stage[] => [
      { key: `${kind} ${attempt} ${time}`, at, until: time, text: cut(words, TEXT_LETTERS) },
    ];
    const begun = (beginning: string, path?: string): bigint =>
      events
        .slice(0, index)
        .findLast(
          (earlier) => earlier.kind === beginning && earlier.attempt === attempt && earlier.data['path'] === path,
        )?.time ?? time;
    switch (kind) {
      case 'waiting':
        return stage(`Placement: ${text}`);
      case 'released':
      case 'unclaimed':
        return stage(`Placement: given back by ${actor}${text.replace(/^given back/, '')}`);
      case 'pull_done':
        return stage(`Prepare: ${text}`, begun('pull_started'));
      case 'pull_failed':
        return stage(`Prepare: pull failed, ${text}`, begun('pull_started'));
      case 'dependencies_ready':
        return stage(`Prepare: ${text}`);
      case 'action_ended': {
        const { path = '' } = event.data;
        // The root is the run itself, which has its line.
        if (path.split('.').length <= 2) return [];
        return stage(`Step: ${text}`).map((step) => ({ ...step, since: begun('action_started', path) }));
      }
      case 'outputs_archived':
      case 'outputs_failed':
        return stage(`Outputs: ${text}`);
      case 'callback':
        return stage(`Callback: ${text}`);
      default:
        return [];
    }
  });
}
