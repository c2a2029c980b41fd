import { createHash } from 'node:crypto';
import { padded } from './history/buckets.ts';

/** The key layout (reliability.md 4.2). Ids were validated before they come here, so no key can reach into another's place. */
export const PREFIX = {
  task: 'task/',
  spec: 'spec/',
  cell: 'cell/',
  drain: 'drain/',
  domain: 'domain/',
  outbox: 'outbox/',
  history: 'history/',
  archive: 'archive/',
  archiveSummary: 'archive-summary/',
  archiveApart: 'archive-apart/',
  dead: 'dead/',
  pin: 'pin/',
  secret: 'secret/',
  alert: 'alert/',
  request: 'request/',
  events: 'events/',
  input: 'input/',
  seal: 'seal/',
  hold: 'hold/',
  holdMark: 'hold-mark/',
  number: 'seq/',
  leader: 'leader/',
} as const;

/** The small record that decides; rewritten at each transition. */
export const taskKey = (guid: string) => `${PREFIX.task}${guid}`;
/** The definition. By uid, so that a guid used again never meets an old one. */
export const specKey = (uid: string) => `${PREFIX.spec}${uid}`;
/** A cell's presence, under its lease. Its create revision is the cell's epoch. */
export const cellKey = (id: string) => `${PREFIX.cell}${id}`;
/** An operator's word that a cell is to be empty; outlives the cell's presence. */
export const drainKey = (id: string) => `${PREFIX.drain}${id}`;
/** What was set for a domain, whose name may have anything in it. */
export const domainKey = (domain: string) => `${PREFIX.domain}${encodeURIComponent(domain)}`;
/** A completion callback that is still owed. */
export const outboxKey = (uid: string) => `${PREFIX.outbox}${uid}`;
/** The record of a finished task, until it is archived. The guid is in the key, so that keys alone tell which records there are. */
export const historyKey = (number: number, guid: string) => `${PREFIX.history}${padded(number)}/${guid}`;
/** The block of a bucket of finished tasks, and what is kept in memory of it. */
export const archiveKey = (bucket: number) => `${PREFIX.archive}${padded(bucket)}`;
export const archiveSummaryKey = (bucket: number) => `${PREFIX.archiveSummary}${padded(bucket)}`;
/** A record that is too large for its block. */
export const archiveApartKey = (number: number) => `${PREFIX.archiveApart}${padded(number)}/`;
/** A callback that was given up, of a task that is in history. */
export const deadKey = (number: number) => `${PREFIX.dead}${padded(number)}/`;
/** Somebody wants the record of this task kept. */
export const pinKey = (number: number) => `${PREFIX.pin}${padded(number)}/`;
/** What the cells of a task told of their attempts; beside the history, and gone with it. */
export const eventsOf = (number: number) => `${PREFIX.events}${padded(number)}/`;
export const eventsKey = (number: number, attempt: string) => `${eventsOf(number)}${attempt}`;
/** All that was uploaded for one life of a task; the guid is in the key, so that keys alone tell whose it was. */
export const inputOf = (guid: string, uid: string) => `${PREFIX.input}${guid}/${uid}/`;
/** Which upload counts. */
export const inputKey = (guid: string, uid: string) => `${inputOf(guid, uid)}sealed`;
export const inputPieceKey = (guid: string, uid: string, upload: string, at: number) =>
  `${inputOf(guid, uid)}${upload}/${padded(at)}`;
/** Repeated requests find their first one here, for 24 hours. */
export const requestKey = (domain: string, key: string) =>
  `${PREFIX.request}${createHash('sha256').update(domain).update('\0').update(key).digest('hex')}`;
/** That values are sealed with this key of the store; sealed with it. */
export const sealKey = (name: string) => `${PREFIX.seal}${name}`;
/** The next number that no process has taken yet. */
export const NUMBER_KEY = `${PREFIX.number}number`;
/** A rule of what operators want to be told of. */
export const alertKey = (name: string) => `${PREFIX.alert}${name}`;
/** What signs callbacks, once it was exchanged. */
export const CALLBACK_SECRETS_KEY = `${PREFIX.secret}callbacks`;
/** Who does the periodic duties. */
export const LEADER_KEY = `${PREFIX.leader}bbs`;
/** Which auctioneer places. */
export const AUCTION_LEADER_KEY = `${PREFIX.leader}auctioneer`;
