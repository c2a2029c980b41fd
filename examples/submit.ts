// A task from a program: submitted, followed line by line, and its result. Run with a system that answers: gavel dev
import { TaskClient, TaskFailedError } from 'gavel';

const client = new TaskClient({ endpoint: process.env['GAVEL_SERVER'] ?? '127.0.0.1:8889' });
try {
  const task = await client.tasks.run({
    domain: 'examples',
    root_fs: 'preloaded:busybox',
    memory_mb: 64,
    max_run_time: '1m',
    env: [{ name: 'WHO', value: 'world' }],
    action: { run: { path: '/bin/sh', args: ['-c', 'echo "hello $WHO"; echo done > /tmp/result'] } },
    result_file: '/tmp/result',
  });
  console.log(`Task ${task.number} (${task.id})`);

  for await (const entry of task.logs({ follow: true })) {
    if (entry.type === 'line') console.log(`${entry.stream}: ${entry.text.toString()}`);
  }

  const ended = await task.wait({ onEvent: ({ task }) => console.log(`state: ${task.state}`) });
  if (ended.outcome !== 'succeeded') throw new TaskFailedError(ended);
  console.log(`result: ${ended.result.trim()}`);
} finally {
  client.close();
}
