import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type IReporterOutput } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * Who may import whom. dependency-cruiser's own command line finds no module under TypeScript 7 and calls that success, so
 * it is driven here, with swc as its parser, and the number of modules it saw is asserted.
 */

interface Rule {
  readonly name: string;
  readonly from: string | { readonly path?: string; readonly pathNot?: string };
  /** What `from` may import; anything else is a violation. Its own folder is always allowed. */
  readonly only?: readonly string[];
  /** What `from` may not import. */
  readonly never?: readonly string[];
}

const NODE = '^(node:)?[a-z0-9_/]+$';
/** Any package: those with one owner are kept from all others by rules of their own, below. */
const PACKAGE = '^node_modules/';

const RULES: readonly Rule[] = [
  { name: 'domain-is-pure', from: '^src/domain/', only: [] },
  { name: 'auction-is-pure', from: '^src/auction/', only: ['^src/domain/', '^node_modules/tinyqueue/'] },
  { name: 'platform', from: '^src/platform/', only: ['^src/domain/', PACKAGE, NODE] },
  { name: 'rpc', from: '^src/rpc/', only: ['^src/domain/', '^src/platform/', PACKAGE, NODE] },
  { name: 'client', from: '^src/client/', only: ['^src/domain/', '^src/platform/', '^src/rpc/', PACKAGE, NODE] },
  // What a page loads: nothing of Node, and nothing that leads there.
  {
    name: 'browser',
    from: '^src/(client/(browser|errors)|platform/(json|task-json|task-spec|spec-\\w+|action-spec|nearest))\\.ts$',
    only: [
      '^src/domain/',
      '^src/client/(browser|errors)\\.ts$',
      '^src/platform/(json|task-json|task-spec|spec-\\w+|action-spec|nearest)\\.ts$',
      '^node_modules/(zod|lossless-json)/',
    ],
  },
  {
    name: 'auctioneer',
    from: '^src/auctioneer/',
    only: ['^src/(domain|auction|platform|rpc|client)/', PACKAGE, NODE],
  },
  // What a person sees knows the SDK and nothing behind it. roles.ts starts the roles, by dynamic import.
  {
    name: 'cli',
    from: { path: '^src/cli/', pathNot: '^src/cli/roles\\.ts$' },
    only: ['^src/(domain|platform|client)/', PACKAGE, NODE],
  },
  { name: 'console', from: '^src/console/', only: ['^src/(domain|platform|client)/', PACKAGE, NODE] },
  {
    name: 'src-starts-roles-in-one-place',
    from: { path: '^src/', pathNot: '^src/(main|cli/roles)\\.ts$' },
    never: ['^(bbs|cells)/'],
  },

  {
    name: 'bbs-knows-no-cells',
    from: '^bbs/',
    never: ['^cells/', '^src/(client|auctioneer|cli|console)/', '^src/main\\.ts$'],
  },
  // The BBS places nothing; it may say what the auction would say.
  {
    name: 'bbs-only-explains-the-auction',
    from: { path: '^bbs/', pathNot: '^bbs/explain' },
    never: ['^src/auction/'],
  },
  { name: 'bbs-api-asks-the-services', from: '^bbs/(api|http)/', never: ['^bbs/store/'] },
  // The interface and the key layout, not what implements it.
  {
    name: 'bbs-sees-stores-by-their-interface',
    from: { path: '^bbs/', pathNot: '^bbs/(store/|main\\.ts$)' },
    never: ['^bbs/store/(etcd|embedded)'],
  },
  { name: 'stores-know-no-services', from: '^bbs/store/', only: ['^src/(domain|platform)/', PACKAGE, NODE] },

  {
    name: 'cells-know-no-bbs',
    from: '^cells/',
    never: ['^bbs/', '^src/(auction|auctioneer|cli|console)/', '^src/main\\.ts$'],
  },
  { name: 'rep', from: '^cells/rep/', only: ['^src/(domain|platform|rpc|client)/', '^cells/executor/', PACKAGE, NODE] },
  { name: 'executor', from: '^cells/executor/', only: ['^src/(domain|platform)/', PACKAGE, NODE] },
  {
    name: 'docker',
    from: '^cells/docker/',
    only: ['^src/(domain|platform)/', '^cells/executor/runtime\\.ts$', PACKAGE, NODE],
  },
  {
    name: 'docker-has-one-user',
    from: { path: '^(src|bbs|cells)/', pathNot: '^cells/(docker/|main\\.ts$)' },
    never: ['^cells/docker/'],
  },
  { name: 'stores-have-one-user', from: { path: '^(src|cells)/' }, never: ['^bbs/store/'] },

  // Packages with one owner. The etcd store sets up etcd3's own gRPC client, and keeps its watch stream by hand.
  {
    name: 'grpc-only-in-rpc',
    from: { pathNot: '^(src/rpc/|bbs/store/etcd/)' },
    never: ['^node_modules/@grpc/', '^node_modules/grpc-health-check/'],
  },
  {
    name: 'hono-only-where-http-is-served',
    from: { pathNot: '^(bbs/http|src/console)/' },
    never: ['^node_modules/@?hono/'],
  },
  {
    name: 'prom-client-behind-metrics',
    from: { pathNot: '^src/platform/metrics\\.ts$' },
    never: ['^node_modules/prom-client/'],
  },
  {
    name: 'opentelemetry-behind-trace-export',
    from: { pathNot: '^src/platform/trace-export\\.ts$' },
    never: ['^node_modules/@opentelemetry/'],
  },
  {
    name: 'jose-behind-token',
    from: { path: '^(src|bbs|cells)/', pathNot: '^src/platform/token\\.ts$' },
    never: ['^node_modules/jose/'],
  },
  { name: 'etcd3-only-in-its-store', from: { pathNot: '^bbs/store/etcd' }, never: ['^node_modules/etcd3/'] },
  { name: 'lmdb-only-in-its-store', from: { pathNot: '^bbs/store/embedded' }, never: ['^node_modules/lmdb/'] },
  {
    name: 'dockerode-only-in-docker',
    from: { pathNot: '^cells/docker/' },
    never: ['^node_modules/(@types/)?dockerode/'],
  },
];

/** `pattern` of a folder rule, as the folder itself. */
const own = (from: Rule['from']): readonly string[] => {
  const path = typeof from === 'string' ? from : from.path;
  return path === undefined ? [] : [path];
};

const forbidden = [
  ...RULES.map(({ name, from, only, never }) => ({
    name,
    severity: 'error' as const,
    from: typeof from === 'string' ? { path: from } : from,
    to: only === undefined ? { path: [...(never ?? [])] } : { pathNot: [...own(from), ...only] },
  })),
  // Messages may contain themselves, so generated types may.
  { name: 'no-cycles', severity: 'error' as const, from: { pathNot: '^src/rpc/gen/' }, to: { circular: true } },
  { name: 'everything-resolves', severity: 'error' as const, from: {}, to: { couldNotResolve: true } },
];

async function violations(baseDir: string): Promise<{ readonly modules: number; readonly found: readonly string[] }> {
  const folders = (await readdir(baseDir)).filter((name) => ['src', 'bbs', 'cells'].includes(name));
  const { output }: IReporterOutput = await cruise(folders, {
    baseDir,
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    ruleSet: { forbidden },
    validate: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types'],
    },
  });
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered text: ${output}`);
  return {
    modules: output.modules.filter(({ source }) => /^(src|bbs|cells)\//.test(source)).length,
    found: output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).toSorted(),
  };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

async function countSources(): Promise<number> {
  let count = 0;
  for (const folder of ['src', 'bbs', 'cells'])
    for (const name of await readdir(join(root, folder), { recursive: true })) if (name.endsWith('.ts')) count += 1;
  return count;
}

describe('the import rules', () => {
  it('hold in this repository', { timeout: 30_000 }, async () => {
    const { modules, found } = await violations(root);
    expect(found).toEqual([]);
    // Generated types make most of them; a cruise that saw fewer than are on the disk saw nothing worth a verdict.
    expect(modules).toBe(await countSources());
    expect(modules).toBeGreaterThan(20);
  });
});

describe('the import rules, broken on purpose', () => {
  let dir = '';
  const put = async (files: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gavel-architecture-'));
    const thing = 'export interface Thing { a: number }\nexport const thing = 1;\n';
    await put({
      'package.json': '{"type":"module","dependencies":{"dockerode":"1","zod":"1","etcd3":"1"}}',
      ...Object.fromEntries(
        ['dockerode', 'zod', 'etcd3', 'lmdb', '@grpc/grpc-js'].flatMap((name) => [
          [
            `node_modules/${name}/package.json`,
            `{"name":"${name}","version":"1.0.0","type":"module","exports":"./index.js"}`,
          ],
          [`node_modules/${name}/index.js`, 'export default 1;\n'],
        ]),
      ),
      'src/domain/good.ts': thing,
      'src/domain/time.ts': "import { setTimeout } from 'node:timers/promises';\nexport const wait = setTimeout;\n",
      'src/domain/lib.ts': "import z from 'zod';\nexport default z;\n",
      'src/platform/fine.ts':
        "import z from 'zod';\nimport { readFileSync } from 'node:fs';\nimport { thing } from '../domain/good.ts';\nexport default [z, readFileSync, thing];\n",
      'src/rpc/codec.ts': `import g from '@grpc/grpc-js';\nexport default g;\n${thing}`,
      // A type is an import too.
      'src/cli/show.ts': "import type { Thing } from '../rpc/codec.ts';\nexport const show = (t: Thing) => t.a;\n",
      'src/cli/dial.ts': "import g from '@grpc/grpc-js';\nexport default g;\n",
      'src/main.ts': "export const start = () => import('../bbs/main.ts');\n",
      'src/other.ts': "export const start = () => import('../bbs/main.ts');\n",
      'bbs/main.ts': "import { store } from './store/etcd.ts';\nexport default store;\n",
      'bbs/store/etcd.ts': "import e from 'etcd3';\nexport const store = e;\n",
      'bbs/store/embedded.ts': "import e from 'etcd3';\nimport l from 'lmdb';\nexport default [e, l];\n",
      'bbs/tasks.ts': "import { store } from './store/etcd.ts';\nexport default store;\n",
      'bbs/api/tasks.ts': "import { store } from '../store/keys.ts';\nexport default store;\n",
      'bbs/store/keys.ts': 'export const store = 1;\n',
      'cells/executor/runtime.ts': "import d from 'dockerode';\nexport default d;\n",
      'cells/rep/loop.ts': "import x from '../../bbs/tasks.ts';\nexport default x;\n",
      'cells/rep/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
      'cells/rep/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
      'cells/rep/lost.ts': "import { b } from './nowhere.ts';\nexport const c = b;\n",
    });
  });

  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('are found, each by its own rule, and nothing else is', { timeout: 30_000 }, async () => {
    const { found } = await violations(dir);
    const names = found.map((v) =>
      v.replace(/ -> (.*\/)?node_modules\//, ' -> node_modules/').replace('/index.js', ''),
    );
    expect(names).toEqual([
      'bbs-api-asks-the-services: bbs/api/tasks.ts -> bbs/store/keys.ts',
      'bbs-sees-stores-by-their-interface: bbs/tasks.ts -> bbs/store/etcd.ts',
      'cells-know-no-bbs: cells/rep/loop.ts -> bbs/tasks.ts',
      'cli: src/cli/show.ts -> src/rpc/codec.ts',
      'dockerode-only-in-docker: cells/executor/runtime.ts -> node_modules/dockerode',
      'domain-is-pure: src/domain/lib.ts -> node_modules/zod',
      'domain-is-pure: src/domain/time.ts -> timers/promises',
      'etcd3-only-in-its-store: bbs/store/embedded.ts -> node_modules/etcd3',
      'everything-resolves: cells/rep/lost.ts -> ./nowhere.ts',
      'grpc-only-in-rpc: src/cli/dial.ts -> node_modules/@grpc/grpc-js',
      'no-cycles: cells/rep/a.ts -> cells/rep/b.ts',
      'rep: cells/rep/loop.ts -> bbs/tasks.ts',
      'rep: cells/rep/lost.ts -> ./nowhere.ts',
      'src-starts-roles-in-one-place: src/other.ts -> bbs/main.ts',
    ]);
  });
});
