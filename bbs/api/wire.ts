import { DomainError } from '../../src/domain/errors.ts';
import type { CellOffer__Output } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { ControlMessage } from '../../src/rpc/gen/gavel/v1/ControlMessage.ts';
import type { Timeline } from '../../src/rpc/gen/gavel/v1/Timeline.ts';
import type { TimelineEvent__Output } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import type { DataOrder } from '../control.ts';
import type { CellEventRecord, CellOffer } from '../records.ts';
import type { TaskTimeline } from '../timelines.ts';

export function timelineToWire({ events, notes }: TaskTimeline): Timeline {
  return {
    events: events.map((event, index) => ({ ...event, sequence: index + 1, time: event.time.toString() })),
    notes: [...notes],
  };
}

const TEXT_MOST = 400;

export function cellEventsFromWire(events: readonly TimelineEvent__Output[]): readonly CellEventRecord[] {
  return events.map(({ time, component, kind, text, cause, data }) => ({
    t: time,
    c: component,
    k: kind,
    x: text.slice(0, TEXT_MOST),
    ...(cause === '' ? {} : { r: cause.slice(0, TEXT_MOST) }),
    ...(Object.keys(data).length === 0 ? {} : { d: data }),
  }));
}

export function dataOrderToWire({ requestId, guid, attempt, wanted }: DataOrder): ControlMessage {
  const task_guid = guid;
  if (wanted.what === 'usage') return { data_wanted: { request_id: requestId, usage: { attempt } } };
  if (wanted.what === 'cell log') {
    const { tail, follow } = wanted;
    return { data_wanted: { request_id: requestId, cell_log: { tail, follow } } };
  }
  const base = { request_id: requestId, claim: { task_guid, attempt } };
  switch (wanted.what) {
    case 'timeline':
      return { data_wanted: { ...base, timeline: { task_guid, engine_calls: wanted.engineCalls } } };
    case 'outputs':
      return { data_wanted: { ...base, outputs: { task_guid }, outputs_asked: wanted.asked } };
    case 'download': {
      const { names, offset, asked } = wanted;
      return { data_wanted: { ...base, download: { task_guid, names: [...names], offset }, outputs_asked: asked } };
    }
    case 'exec': {
      const { what: _what, args, env, ...rest } = wanted;
      return { data_wanted: { ...base, exec: { ...rest, args: [...args], env: [...env] } } };
    }
  }
}

export function offerFromWire(offer: CellOffer__Output): CellOffer {
  const { capacity, ...rest } = offer;
  return {
    ...rest,
    capacity: {
      memory_mb: Number(capacity?.memory_mb ?? 0),
      disk_mb: Number(capacity?.disk_mb ?? 0),
      containers: capacity?.containers ?? 0,
    },
  };
}

/** @throws DomainError `invalid_argument` for what is no place in a file. */
export function byteOffset(text: string): number {
  const offset = Number(text);
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new DomainError('invalid_argument', 'offset: must be 0 or more', {
    faults: [{ field: 'offset', message: 'must be 0 or more' }],
  });
}
