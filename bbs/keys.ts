import { createHash } from 'node:crypto';

/** The key layout (reliability.md 4.2). Ids were validated before they come here, so no key can reach into another's place. */
export const PREFIX = {
  task: 'task/',
  spec: 'spec/',
  cell: 'cell/',
  outbox: 'outbox/',
  history: 'history/',
  request: 'request/',
  events: 'events/',
} as const;

/** The small record that decides; rewritten at each transition. */
export const taskKey = (guid: string) => `${PREFIX.task}${guid}`;
/** The definition. By uid, so that a guid used again never meets an old one. */
export const specKey = (uid: string) => `${PREFIX.spec}${uid}`;
/** A cell's presence, under its lease. Its create revision is the cell's epoch. */
export const cellKey = (id: string) => `${PREFIX.cell}${id}`;
/** A completion callback that is still owed. */
export const outboxKey = (uid: string) => `${PREFIX.outbox}${uid}`;
/** The record of a finished task; numbers are padded, so that key order is number order. */
export const historyKey = (number: number) => `${PREFIX.history}${String(number).padStart(16, '0')}`;
/** The newest finished life of a guid. */
export const historyGuidKey = (guid: string) => `history-guid/${guid}`;
/** What the cells of a task told of their attempts; beside the history, and gone with it. */
export const eventsOf = (number: number) => `${PREFIX.events}${String(number).padStart(16, '0')}/`;
export const eventsKey = (number: number, attempt: string) => `${eventsOf(number)}${attempt}`;
/** Repeated requests find their first one here, for 24 hours. */
export const requestKey = (domain: string, key: string) =>
  `${PREFIX.request}${createHash('sha256').update(domain).update('\0').update(key).digest('hex')}`;
/** The next number that no process has taken yet. */
export const NUMBER_KEY = 'seq/number';
/** Who does the periodic duties. */
export const LEADER_KEY = 'leader/bbs';
