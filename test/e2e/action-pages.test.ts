import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskClient } from '../../src/client/index.ts';
import { ACTION_KINDS } from '../../src/domain/action.ts';
import { parseTaskSpec } from '../../src/platform/task-spec.ts';
import { requireEngine } from '../support/engine.ts';
import { type FileServer, startFileServer, tarOf } from '../support/file-server.ts';
import { startSystem, type TestSystem } from '../support/system.ts';
import { TaskRuns } from '../support/task-runs.ts';

/* Every page of docs/actions has a whole request, and says what becomes of it. Here it is submitted as its readers would, and that is compared. */

const FOLDER = new URL('../../docs/actions/', import.meta.url);

interface Page {
  readonly kind: string;
  readonly request: string;
  /** Lines of the log, then `=> outcome: reason`. */
  readonly says: readonly string[];
}

function pages(): Page[] {
  const names = readdirSync(FOLDER).filter((name) => name !== 'README.md');
  return names.map((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const block = (language: string) => [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))];
    const [[, request = ''] = [], ...others] = block('json');
    const [[, says = ''] = [], ...more] = block('text');
    if (others.length + more.length > 0) throw new Error(`${name}: want one request and what it says`);
    return { kind: name.replace('.md', '').replace('-', '_'), request, says: says.trim().split('\n') };
  });
}

it('each kind of action has its page, and the overview names it', () => {
  const overview = readFileSync(new URL('README.md', FOLDER), 'utf8');
  expect(
    pages()
      .map(({ kind }) => kind)
      .toSorted(),
  ).toEqual([...ACTION_KINDS].toSorted());
  for (const kind of ACTION_KINDS) expect(overview).toContain(`[${kind}](${kind.replace('_', '-')}.md)`);
});

describe('the example of', () => {
  let system: TestSystem;
  let server: FileServer;
  let tasks: TaskRuns;
  let client: TaskClient;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { pages: {} } });
    tasks = new TaskRuns(system);
    client = new TaskClient({ endpoint: system.bbs.address });
    server = await startFileServer();
    server.files.set('/app.tgz', gzipSync(await tarOf({ greeting: 'hello\n' })));
  });
  afterAll(async () => {
    client.close();
    await system.stop();
    await server.stop();
  });

  it.each(pages())('$kind', async ({ kind, request, says }) => {
    const definition = parseTaskSpec(request.replaceAll('http://files.example', server.url));
    expect(JSON.stringify(definition.action)).toContain(`"${kind}":{`);
    const { id: task_guid } = await client.tasks.run(definition);
    const { outcome, failure_reason } = await tasks.finished(task_guid);
    const lines = (await tasks.lines(task_guid)).map((line) =>
      line.replace(/(Downloaded .+ )\([0-9.]+[BKM]\)$/, '$1(SIZE)'),
    );
    // Lines of what runs at the same time may come in any order.
    expect(lines.toSorted()).toEqual(says.slice(0, -1).toSorted());
    expect(`=> ${outcome}${failure_reason === '' ? '' : `: ${failure_reason}`}`).toBe(says.at(-1));
  });
});
