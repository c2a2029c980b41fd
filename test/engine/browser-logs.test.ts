import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserClient } from '../../src/client/browser.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startSystem({ bbs: { http: { listen: '127.0.0.1:0' } } });
});
afterAll(() => system.stop());

it('comes to a page as it is written, to its end', async () => {
  const page = new BrowserClient({ baseUrl: `http://${system.bbs.httpAddress}` });
  const action = { run: { path: '/bin/sh', args: ['-c', 'echo a; sleep 1; echo b'] } };
  const task = { domain: 'page', stack: 'lucid64', root_fs: 'preloaded:busybox', action };
  const { task_guid } = await page.run(task);
  const states: string[] = [];
  expect(await page.wait(task_guid, { onEvent: ({ state }) => states.push(state) })).toMatchObject({
    outcome: 'succeeded',
  });
  expect(states).toContain('RUNNING');
  const lines: string[] = [];
  for await (const { stream, text } of page.logs(task_guid, { follow: true }))
    if (stream === 'stdout') lines.push(text);
  expect(lines).toEqual(['a', 'b']);
});
