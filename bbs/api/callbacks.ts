import { msToNanos } from '../../src/domain/duration.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { OUTCOMES } from '../../src/domain/task.ts';
import { durationMsFromWire } from '../../src/rpc/codec.ts';
import type { Callback as WireCallback } from '../../src/rpc/gen/gavel/v1/Callback.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import { type Callback, type Ledger, OPEN_STATES, type OpenState } from '../callbacks/ledger.ts';
import { type RehearsalDeps, type Rehearsed, rehearse } from '../callbacks/rehearsal.ts';
import { pageSize } from './tasks.ts';

const PAGE_DEFAULT = 100;
const PAGE_MOST = 1_000;

const OVERLAP_MS = 86_400_000;
const OVERLAP_MOST_MS = 30 * 86_400_000;

export interface Webhooks extends RehearsalDeps {
  /** Whether what is in the store is sealed there. */
  readonly sealed: boolean;
}

export interface CallbackApiDeps {
  readonly ledger: Ledger;
  readonly webhooks: Webhooks;
}

export function callbackApi({ ledger, webhooks }: CallbackApiDeps): Handlers<'CallbackService'> {
  return {
    ListCallbacks: async ({ state, page_size, page_token }, { identity }) => {
      const size = pageSize(page_size, PAGE_DEFAULT, PAGE_MOST);
      const { callbacks, next } = await ledger.list(openState(state), size, page_token, identity.domains);
      return { callbacks: callbacks.map(toWire), next_page_token: next };
    },
    GetCallback: async ({ task_guid }, { identity }) => toWire(await ledger.get(task_guid, identity.domains)),
    ResendCallback: async ({ task_guid }, { identity }) => toWire(await ledger.resend(task_guid, identity.domains)),
    TestCallback: async ({ url, outcome }) => {
      const { ms, sent, received, ...told } = await testCallback(webhooks, url, outcome);
      return { ...told, milliseconds: ms, sent_headers: { ...sent }, received_headers: { ...received } };
    },
    RotateCallbackSecret: async ({ overlap }, context) => {
      const { secret, until } = await rotateSecret(webhooks, durationMsFromWire(overlap), context.identity.name);
      return { secret, former_until: msToNanos(until).toString(), stored_in_clear: !webhooks.sealed };
    },
    ListCallbackSecrets: async () => {
      const secrets = await webhooks.secrets.list(webhooks.clock.nowMs());
      return {
        secrets: secrets.map(({ since, until, ...told }) => ({
          ...told,
          since: msToNanos(since).toString(),
          until: msToNanos(until).toString(),
        })),
      };
    },
  };
}

/** @throws DomainError `invalid_argument` */
export async function testCallback(webhooks: Webhooks, url: string, outcome: string): Promise<Rehearsed> {
  const known = OUTCOMES.find((name) => name === (outcome === '' ? 'succeeded' : outcome));
  if (known === undefined) throw fault('outcome', `must be of ${OUTCOMES.join(', ')}`);
  return await rehearse(webhooks, url, known);
}

/** @throws DomainError `invalid_argument` */
export async function rotateSecret(webhooks: Webhooks, overlapMs = OVERLAP_MS, by = '') {
  if (overlapMs > OVERLAP_MOST_MS) throw fault('overlap', 'must be 30 days at most');
  return await webhooks.secrets.rotate(overlapMs, by, webhooks.clock.nowMs());
}

function openState(state: string): OpenState | '' {
  const known = OPEN_STATES.find((open) => open === state);
  if (known !== undefined || state === '') return known ?? '';
  throw fault('state', `must be ${OPEN_STATES.join(' or ')}`);
}

function fault(field: string, message: string): DomainError {
  return new DomainError('invalid_argument', `${field}: ${message}`, { faults: [{ field, message }] });
}

function toWire({ next_at, tries, ...callback }: Callback): WireCallback {
  return { ...callback, next_attempt_at: msToNanos(next_at).toString(), tries: [...tries] };
}
