// A receiver of completion callbacks: the signature is checked, then the whole task is there. Start the BBS with the same secret.
import { createServer } from 'node:http';
import { callbacks } from 'gavel';

const secret = process.env['GAVEL_CALLBACK_SECRET'] ?? '';
const seen = new Set<string>();
const server = createServer(
  callbacks.handler(secret, (task, id) => {
    // The same callback may come more than once.
    if (seen.has(id)) return;
    seen.add(id);
    console.log(`task ${task.task_guid}: ${task.outcome} ${task.result}`);
  }),
);
server.listen(Number(process.env['PORT'] ?? 9000), '127.0.0.1', () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});
