import { isDomainError } from '../../src/domain/errors.ts';
import type { TimelineEvent } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import type { StepEvent } from '../executor/actions/step.ts';
import type { ImageInfo, PullProgress } from '../executor/runtime.ts';
import { type CellEvent, digestOf, type EventFacts } from '../executor/timeline.ts';
import type { Attempt } from './attempt.ts';
import type { RepContext } from './context.ts';
import type { Claim } from './wire.ts';

/** A slow pull tells of itself this often, and so many times at most. */
const PROGRESS_EVERY_MS = 2_000;
const PROGRESS_MOST = 15;
const TELL_MS = 5_000;

/** One step on the attempt's timeline. Costs nobody a wait. */
export function mark(
  rep: RepContext,
  attempt: Attempt,
  component: 'rep' | 'runtime' | 'action' | 'outputs',
  kind: string,
  text: string,
  facts?: EventFacts,
): void {
  rep.timelines.of(attempt).note(component, kind, text, facts);
}

/** For `ensureImage`: the first word of a pull is its beginning; what is here already says nothing. */
export function markPull(rep: RepContext, attempt: Attempt, rootFs: string): (progress: PullProgress) => void {
  let told = 0;
  let last = 0;
  return ({ layersDone, layersTotal, text }) => {
    const now = rep.clock.monotonicMs();
    const data = { layers_done: String(layersDone), layers: String(layersTotal) };
    if (told === 0) mark(rep, attempt, 'runtime', 'pull_started', `pulling ${rootFs}`, { data: { root_fs: rootFs } });
    else if (now - last < PROGRESS_EVERY_MS || told > PROGRESS_MOST) return;
    else {
      const of = layersTotal > 0 ? `${layersDone} of ${layersTotal} layers` : text;
      mark(rep, attempt, 'runtime', 'pull_progress', `pulling ${rootFs}: ${of}`, { data });
    }
    told += 1;
    last = now;
  };
}

export function markImage(rep: RepContext, attempt: Attempt, rootFs: string, { pulled, digest }: ImageInfo): void {
  const text = pulled ? `pulled ${rootFs}` : `${rootFs} is here already`;
  mark(rep, attempt, 'runtime', pulled ? 'pull_done' : 'image_ready', text, { data: { root_fs: rootFs, digest } });
}

/** Every action's begin and end. */
export function markSteps(rep: RepContext, attempt: Attempt): (event: StepEvent) => void {
  return (event) => {
    const { path } = event;
    if (event.type === 'began') return mark(rep, attempt, 'action', 'action_started', path, { data: { path } });
    const { result } = event;
    const exit = result.exit === undefined ? {} : { exit_code: String(result.exit.exitCode) };
    const data = { path, result: result.kind, ...exit };
    const failure = result.kind === 'failed' ? { cause: result.code } : {};
    const text = result.kind === 'failed' ? `${path} failed: ${result.text}` : `${path} ${result.kind}`;
    mark(rep, attempt, 'action', 'action_ended', text, { ...failure, data });
  };
}

/** What goes to the BBS with the end of an attempt. */
export async function digest(rep: RepContext, claim: Claim): Promise<TimelineEvent[]> {
  return eventsToWire(digestOf((await rep.timelines.find(claim)) ?? []));
}

/** The task's end was not for us to tell; what we saw of it is. Tried once: who asks later may still ask us. */
export async function tellEvents(rep: RepContext, attempt: Attempt): Promise<void> {
  try {
    await rep.calls.noteEvents(attempt, await digest(rep, attempt), TELL_MS);
  } catch (error) {
    const known = isDomainError(error, 'stale_attempt') || isDomainError(error, 'not_found');
    if (!known) rep.log.info({ guid: attempt.guid, err: error }, 'timeline.not-told');
  }
}

export function eventsToWire(events: readonly CellEvent[]): TimelineEvent[] {
  return events.map(({ time, component, kind, text, cause, data }) => ({
    time: time.toString(),
    component,
    kind,
    text,
    cause,
    data,
  }));
}
