import { describe, expect, it } from 'vitest';
import { taskFromJson } from '../../../src/client/json.ts';
import { parseSelect } from '../../../src/platform/select.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const nanos = (text: string) => `${Date.parse(text)}000000`;
const TASK = taskFromJson(
  `{"task_guid": "a", "number": 766, "state": "COMPLETED", "outcome": "failed", "exit_code": 42, "oom_killed": false,
    "labels": {"team": "x", "gavel.kind": "scheduled"}, "placement_tags": ["gpu", "ssd"], "description": "Smoke-7",
    "created_at": ${nanos('2026-11-21T11:00:00Z')}, "started_at": ${nanos('2026-11-21T11:10:00Z')},
    "first_completed_at": ${nanos('2026-11-21T11:11:30Z')}, "image_password": "secret"}`,
);
const value = (text: string) => parseSelect(text, () => NOW).evaluate(TASK);

describe('an expression over tasks', () => {
  it.each([
    ["outcome = 'failed'", true],
    ["outcome == 'failed' && exit_code in [42, 43]", true],
    ["outcome == 'failed' and not (exit_code != 42)", true],
    ["labels.team == 'x'", true],
    ["labels['gavel.kind'] == kind", true],
    ["'team' in labels && !('nope' in labels)", true],
    ["'gpu' in placement_tags", true],
    ["lower(description) like 'smoke*7'", true],
    ["description like '*oke'", false],
    ["created_at < ago('30m') && created_at > ago('90m')", true],
    ["created_at >= time('2026-11-21T11:00:00Z')", true],
    ["time('2026-11-21T11:00:00') == created_at", true],
    ['waited == 600 && ran == 90 && age == 3600', true],
    ['ran > waited ? 1 : 2', 2],
    ['first_completed_at - started_at', 90],
    ['usage.peak_memory_bytes', null],
    ['usage.peak_memory_bytes > 5', false],
    ['exit_code == null || exit_code > 40', true],
    ['size(placement_tags) + size(labels)', 4],
    ['placement_tags[1]', 'ssd'],
    ["labels.constructor == null && labels['__proto__'] == null", true],
  ])('%s is %j', (text, wanted) => {
    expect(value(text)).toEqual(wanted);
  });

  it.each([
    ['', 'is empty'],
    ['exit_code ==', 'cannot read'],
    ['exitcode == 1', 'did you mean exit_code?'],
    ['image_password', 'there is no field image_password'],
    ["env[0].name == 'A'", 'there is no field env'],
    ["run('R')", 'there is no function run; known are ago'],
    ["ago('soon') < created_at", 'ago: "soon" is no time span'],
    ["exit_code == '42'", '42 and "42" are of two kinds'],
    ["number < 'x'", 'cannot be compared'],
    ['state.length', 'has no part'],
    ['exit_code && oom_killed', 'neither true nor false'],
    ['number; state', 'give one expression'],
    ['number ** 5', 'no operator **'],
    ['this', 'give one expression'],
    [`${'('.repeat(3_000)}1${')'.repeat(3_000)}`, 'more than 4000 letters'],
  ])('%s is refused', (text, why) => {
    expect(() => value(text)).toThrow(why);
  });

  it('selects by true and false only, and takes no longer than it is long', () => {
    expect(parseSelect('oom_killed').matches(TASK)).toBe(false);
    expect(() => parseSelect('number').matches(TASK)).toThrow('compare it with something');
    const long = { ...TASK, description: 'a'.repeat(10_000) };
    expect(parseSelect(`description like '${'*a'.repeat(500)}b'`).matches(long)).toBe(false);
    expect(() => parseSelect(`${'('.repeat(1_900)}1${')'.repeat(1_900)}`).evaluate(TASK)).not.toThrow(RangeError);
  });
});
