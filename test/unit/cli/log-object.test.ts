import { describe, expect, it } from 'vitest';
import { logObject } from '../../../src/cli/event-view.ts';
import { toJson } from '../../../src/platform/json.ts';

describe('a line of output as JSON', () => {
  const line = (text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    logObject({
      type: 'line',
      sequence: 1,
      time: 1_764_000_000_123_456_789n,
      stream,
      source: 'APP',
      text: Buffer.from(text),
      newline: true,
    });

  it('C36: comes as an object, digit for digit, when it is one', () => {
    expect(line(' {"a": [1, "ü"], "big": 1764000000123456789} ')).toMatchObject({
      text: ' {"a": [1, "ü"], "big": 1764000000123456789} ',
      data: { a: [1, 'ü'], big: 1_764_000_000_123_456_789n },
    });
    expect(toJson(line('{"big":1764000000123456789}'))).toContain('"data":{"big":1764000000123456789}');
  });

  it.each(['', 'plain', '{"a": 1', '{a}', '[1]', '1', '"{}"', `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`])(
    'is text alone when it is %.20s',
    (text) => {
      expect(line(text)).not.toHaveProperty('data');
    },
  );

  it('is text alone on stderr', () => {
    expect(line('{"a":1}', 'stderr')).not.toHaveProperty('data');
  });
});
