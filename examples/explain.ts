// Would this task be placed now? If not: why not, cell by cell, and the smallest change that would do.
import { TaskClient } from 'gavel';

const client = new TaskClient({ endpoint: process.env['GAVEL_SERVER'] ?? '127.0.0.1:8889' });
try {
  const { verdict, summary, cells, changes } = await client.tasks.explain({
    domain: 'examples',
    root_fs: 'preloaded:busybox',
    memory_mb: 64,
    action: { run: { path: '/bin/true' } },
  });
  console.log(`${verdict}: ${summary}`);
  for (const cell of cells) console.log(`  ${cell.cell_id}: ${cell.code === '' ? 'would take it' : cell.code}`);
  for (const change of changes) console.log(`  with ${change.field} ${change.to} it would fit on ${change.cell_id}`);
} finally {
  client.close();
}
