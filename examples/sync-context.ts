// A task that lives no longer than this program: Ctrl-C, an exception, or a machine that goes away cancel it.
import { InterruptedError, TaskClient } from 'gavel';

const client = new TaskClient({ endpoint: process.env['GAVEL_SERVER'] ?? '127.0.0.1:8889' });
try {
  const task = await client.tasks.run({
    domain: 'examples',
    root_fs: 'preloaded:busybox',
    memory_mb: 64,
    action: { run: { path: '/bin/sleep', args: ['60'] } },
  });
  console.log(`Task ${task.number}; press Ctrl-C to end it`);
  const ended = await task.syncContext(async (held) => await held.wait());
  console.log(`ended: ${ended.outcome}`);
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error;
  console.log('interrupted: the task was cancelled');
} finally {
  client.close();
}
