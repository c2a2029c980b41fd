import { z } from 'zod';
import { msToNanos, parseDuration } from '../../src/domain/duration.ts';
import { OUTCOMES } from '../../src/domain/task.ts';
import { duration } from '../../src/platform/spec-fields.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { type CallbackApiDeps, rotateSecret, testCallback } from '../api/callbacks.ts';
import { pageSize } from '../api/tasks.ts';
import { type Callback, OPEN_STATES } from '../callbacks/ledger.ts';
import { body, whole, word } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* Completion callbacks for operators: what is owed, what signs them, and trying one. */

const CALLBACK_PAGE = 100;
const PAGE_MOST = 1_000;
const { CallbackService: CALLBACK } = ROLES;
const nothing = z.strictObject({});
const testBody = z.strictObject({
  url: z.string().meta({ description: 'where to' }),
  outcome: z.enum(OUTCOMES).default('succeeded').meta({ description: 'how the sample ended' }),
});
const rotateBody = z.strictObject({
  overlap: duration().meta({ description: 'how long the secrets before go on signing; 24 hours when it is left out' }),
});

export const CALLBACK_ROUTES: readonly AnyRoute<CallbackApiDeps>[] = [
  route({
    method: 'get',
    path: '/v1/callbacks',
    id: 'listCallbacks',
    summary: 'Completion callbacks that are owed or were given up, oldest task first',
    access: CALLBACK.ListCallbacks,
    query: z.strictObject({
      state: z.enum(OPEN_STATES).optional().meta({ description: 'only those that are owed, or that were given up' }),
      page_size: whole(`${CALLBACK_PAGE} when it is left out`, 1, PAGE_MOST),
      page_token: word('next_page_token of the page before'),
    }),
    answer: { status: 200, schema: 'CallbackList' },
    run: async ({ ledger }, { query: { state, page_size, page_token }, identity }) => {
      const { callbacks, next } = await ledger.list(
        state ?? '',
        pageSize(page_size, CALLBACK_PAGE, PAGE_MOST),
        page_token,
        identity.domains,
      );
      return { json: { callbacks: callbacks.map(callbackObject), next_page_token: next } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/callbacks/:guid',
    id: 'getCallback',
    summary: 'The callback of a finished task, by its guid or number, with the newest tries',
    access: CALLBACK.GetCallback,
    query: nothing,
    answer: { status: 200, schema: 'Callback' },
    run: async ({ ledger }, { guid, identity }) => ({
      json: callbackObject(await ledger.get(guid, identity.domains)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/callbacks/:guid/resend',
    id: 'resendCallback',
    summary: 'Send a callback at once, whatever became of it before, under the same webhook-id',
    access: CALLBACK.ResendCallback,
    query: nothing,
    body: body('ResendCallbackRequest', nothing),
    answer: { status: 200, schema: 'Callback' },
    run: async ({ ledger }, { guid, identity }) => ({
      json: callbackObject(await ledger.resend(guid, identity.domains)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/callback-test',
    id: 'testCallback',
    summary: 'Post a sample of a finished task, signed, from the server and under the guards of a callback',
    access: CALLBACK.TestCallback,
    query: nothing,
    body: { ...body('TestCallbackRequest', testBody), required: true },
    answer: { status: 200, schema: 'CallbackTest' },
    run: async ({ webhooks }, { body: { url, outcome } }) => {
      const { ms, sent, received, ...told } = await testCallback(webhooks, url, outcome);
      return { json: { ...told, milliseconds: ms, sent_headers: sent, received_headers: received } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/callback-secrets',
    id: 'listCallbackSecrets',
    summary: 'The secrets that sign callbacks now, by their fingerprints, the newest first',
    access: CALLBACK.ListCallbackSecrets,
    query: nothing,
    answer: { status: 200, schema: 'CallbackSecretList' },
    run: async ({ webhooks }) => {
      const secrets = await webhooks.secrets.list(webhooks.clock.nowMs());
      const told = secrets.map((one) => ({ ...one, since: msToNanos(one.since), until: msToNanos(one.until) }));
      return { json: { secrets: told } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/callback-secrets/rotate',
    id: 'rotateCallbackSecret',
    summary: 'Make a new secret; those before it go on signing for a while',
    access: CALLBACK.RotateCallbackSecret,
    query: nothing,
    body: body('RotateCallbackSecretRequest', rotateBody),
    answer: { status: 200, schema: 'RotatedCallbackSecret' },
    run: async ({ webhooks }, { body: { overlap }, identity }) => {
      const ms = overlap === undefined ? undefined : parseDuration(overlap);
      const { secret, until } = await rotateSecret(webhooks, ms, identity.name);
      return { json: { secret, former_until: msToNanos(until), stored_in_clear: !webhooks.sealed } };
    },
  }),
];

function callbackObject({ next_at, tries, ...callback }: Callback) {
  const told = tries.map(({ at, ...made }) => ({ at: BigInt(at), ...made }));
  return { ...callback, next_attempt_at: msToNanos(next_at), tries: told };
}
