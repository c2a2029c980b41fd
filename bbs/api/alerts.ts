import { msToNanos } from '../../src/domain/duration.ts';
import { durationMsFromWire, durationToWire } from '../../src/rpc/codec.ts';
import type { AlertRule as WireAlert } from '../../src/rpc/gen/gavel/v1/AlertRule.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import { type AlertRecord, type AlertRules, alertRule } from '../alerts/rules.ts';
import { alertBody } from '../alerts/watcher.ts';
import { type Rehearsed, rehearsePost } from '../callbacks/rehearsal.ts';
import type { Webhooks } from './callbacks.ts';

export interface AlertApiDeps {
  readonly rules: AlertRules;
  readonly webhooks: Webhooks;
}

export function alertApi(deps: AlertApiDeps): Handlers<'AlertService'> {
  const { rules, webhooks } = deps;
  return {
    ListAlerts: async () => ({ rules: (await rules.list()).map(({ record }) => toWire(record)) }),
    PutAlert: async ({ for: wait, cooldown, ...given }, context) => {
      const spans = { forMs: durationMsFromWire(wait), cooldownMs: durationMsFromWire(cooldown) };
      const rule = alertRule({ ...given, ...spans });
      return toWire(await rules.put(rule, context.identity.name, webhooks.clock.nowMs()));
    },
    DeleteAlert: async ({ name }) => {
      await rules.remove(name);
      return {};
    },
    TestAlert: async ({ name }) => {
      const { ms, sent, received, ...told } = await testAlert(deps, name);
      return { ...told, milliseconds: ms, sent_headers: { ...sent }, received_headers: { ...received } };
    },
  };
}

/** @throws DomainError `not_found` */
export async function testAlert({ rules, webhooks }: AlertApiDeps, name: string): Promise<Rehearsed> {
  const { record } = await rules.get(name);
  const body = alertBody(record, 0, [], webhooks.clock.nowMs());
  return await rehearsePost(webhooks, record.url, body);
}

function toWire({ for_ms, cooldown_ms, updated_at, last, ...record }: AlertRecord): WireAlert {
  return {
    ...record,
    for: for_ms === 0 ? null : durationToWire(for_ms),
    cooldown: durationToWire(cooldown_ms),
    updated_at: msToNanos(updated_at).toString(),
    last: last === undefined ? null : { ...last, at: msToNanos(last.at).toString() },
  };
}
