import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callbacks } from '../../../src/client/index.ts';
import { taskToJson } from '../../../src/platform/task-json.ts';
import { sampleTask } from '../../support/sample-task.ts';

const NOW = 1_764_000_000_000;
const key = Buffer.from('0123456789abcdef01234567');
const secret = `whsec_${key.toString('base64')}`;
const task = sampleTask({ state: 'COMPLETED', outcome: 'succeeded', result: 'grüße' });
const body = taskToJson(task);

function signed(over: Record<string, string> = {}, at = NOW): Record<string, string> {
  const timestamp = String(at / 1_000);
  const signature = createHmac('sha256', key).update(`id-1.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': 'id-1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}`, ...over };
}

describe('callbacks.verify', () => {
  it('answers the whole task, to the last digit', () => {
    expect(callbacks.verify(body, signed(), secret, { nowMs: NOW })).toEqual(task);
    expect(callbacks.verify(Buffer.from(body), new Headers(signed()), secret, { nowMs: NOW }).created_at).toBe(
      task.created_at,
    );
    const shouting = Object.fromEntries(Object.entries(signed()).map(([name, value]) => [name.toUpperCase(), value]));
    expect(callbacks.verify(body, shouting, secret, { nowMs: NOW }).result).toBe('grüße');
  });

  it('takes any of several signatures and secrets, while one is exchanged for the next', () => {
    const other = signed({ 'webhook-signature': `v1,AAAA v2,x ${signed()['webhook-signature']}` });
    expect(callbacks.verify(body, other, ['whsec_b3RoZXI=', secret], { nowMs: NOW })).toEqual(task);
  });

  it.each([
    ['another body', `${body} `, signed(), NOW],
    ['another id', body, signed({ 'webhook-id': 'id-2' }), NOW],
    ['no signature', body, signed({ 'webhook-signature': '' }), NOW],
    ['a version of its own', body, signed({ 'webhook-signature': 'v9,AAAA' }), NOW],
    ['a time that is none', body, signed({ 'webhook-timestamp': 'soon' }), NOW],
    ['too late', body, signed(), NOW + 301_000],
    ['too early', body, signed(), NOW - 301_000],
  ])('refuses %s', (_why, text, headers, nowMs) => {
    expect(() => callbacks.verify(text, headers, secret, { nowMs })).toThrowError(
      expect.objectContaining({ code: 'unauthenticated' }) as Error,
    );
  });

  it('refuses to work with an empty secret, which would make every signature right', () => {
    expect(() => callbacks.verify(body, signed(), '', { nowMs: NOW })).toThrow('the secret is empty');
  });
});
