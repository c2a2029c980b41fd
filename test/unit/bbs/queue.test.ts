import { describe, expect, it } from 'vitest';
import { queue } from '../../../bbs/explain.ts';
import type { View } from '../../../bbs/view.ts';

/** As the view has them: one letter a task, its domain; the older ones first. */
function waiting(domains: string): View {
  const tasks = Array.from(domains, (domain, number) => ({ state: 'PENDING', domain, number }));
  return { tasks: () => [...tasks, { state: 'RUNNING', domain: 'a', number: 99 }] } as unknown as View;
}

describe('the place of a task among those that wait', () => {
  it('is its age where there is one domain', () => {
    expect(queue(waiting('aaaa'), { domain: 'a', number: 2 })).toEqual({ position: 3, length: 4 });
  });

  it('counts no more of another domain than of its own', () => {
    expect(queue(waiting('aaaaaab'), { domain: 'b', number: 6 })).toEqual({ position: 1, length: 7 });
    expect(queue(waiting('aaaaaab'), { domain: 'a', number: 5 })).toEqual({ position: 7, length: 7 });
    expect(queue(waiting('aaaaaabb'), { domain: 'b', number: 7 })).toEqual({ position: 3, length: 8 });
  });

  it('is not asked for where nothing waits yet', () => {
    expect(queue(waiting('ab'))).toEqual({ position: 1, length: 2 });
  });
});
