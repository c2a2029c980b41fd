// faults-mutants.mjs [NAME-PART...]: breaks one guard at a time in a copy of the working tree below the system's temporary
// folder, runs the tests that have to notice, and prints which did. Exit status 1 when a mutant lived, or no longer applies.
// A checker that never failed proves nothing (reliability.md 3.2).
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const LIMIT_MS = 180_000;

const MACHINE = ['test/unit/domain/task-machine.test.ts', 'test/model/machine.test.ts'];
const BBS = ['test/integration/bbs.test.ts'];
const STORE_MODEL = ['test/model/store.test.ts'];
const CELL = ['test/integration/cell.test.ts'];
const CELL_GUARDS = ['test/integration/cell-guards.test.ts'];

/** Each: what is broken, where, the text that is there and the text that takes its place, and who has to notice. */
const MUTANTS = [
  {
    name: 'start: accept "the attempt is mine" in place of the nonce (T3)',
    file: 'src/domain/task-machine.ts',
    from: 'task.attempt === command.attempt && task.nonce === command.nonce',
    to: 'task.attempt === command.attempt',
    tests: MACHINE,
  },
  {
    name: 'start: any epoch of the cell will do (T3)',
    file: 'src/domain/task-machine.ts',
    from: "command.type === 'start' && command.epoch !== task.epoch",
    to: "command.type === 'start' && command.epoch < 0",
    tests: MACHINE,
  },
  {
    name: 'epoch 0 passes the fence of a cell that is away',
    file: 'src/domain/task-machine.ts',
    from: "'epoch' in command && command.epoch <= 0",
    to: "'epoch' in command && command.epoch < 0",
    tests: MACHINE,
  },
  {
    name: 'another attempt may start, release, complete and adopt',
    file: 'src/domain/task-machine.ts',
    from: "command.type !== 'claim' && command.attempt !== task.attempt",
    to: "command.type === 'claim' && command.attempt === task.attempt",
    tests: MACHINE,
  },
  {
    name: 'another cell may speak for the attempt',
    file: 'src/domain/task-machine.ts',
    from: "command.type !== 'claim' && command.cell_id !== task.cell_id",
    to: "command.type === 'claim' && command.cell_id === ''",
    tests: MACHINE,
  },
  {
    name: 'release leads from RUNNING to PENDING (T4)',
    file: 'src/domain/task-machine.ts',
    from: "release: { from: ['CLAIMED'], to: 'PENDING' }",
    to: "release: { from: ['CLAIMED', 'RUNNING'], to: 'PENDING' }",
    tests: MACHINE,
  },
  {
    name: 'lost, although it was adopted meanwhile (T6)',
    file: 'src/domain/task-machine.ts',
    from: "command.type === 'lose' && command.epoch !== task.epoch",
    to: "command.type === 'lose' && command.epoch < 0",
    tests: [...MACHINE, ...STORE_MODEL],
  },
  {
    name: 'a second outcome replaces the first (T7)',
    file: 'src/domain/task-machine.ts',
    from: "complete: { from: ['CLAIMED', 'RUNNING'], to: 'COMPLETED' }",
    to: "complete: { from: ['CLAIMED', 'RUNNING', 'COMPLETED'], to: 'COMPLETED' }",
    also: [
      {
        file: 'src/domain/task-machine.ts',
        from: 'if (!isTerminal(task.state) || task.attempt !== command.attempt) return undefined;',
        to: 'if (task.attempt !== command.attempt || task.outcome !== command.ending.outcome) return undefined;',
      },
    ],
    tests: MACHINE,
  },
  {
    name: 'two resolvers win (T9)',
    file: 'src/domain/task-machine.ts',
    from: "resolve: { from: ['COMPLETED'], to: 'RESOLVING' }",
    to: "resolve: { from: ['COMPLETED', 'RESOLVING'], to: 'RESOLVING' }",
    tests: MACHINE,
  },
  {
    name: 'a commit does not compare the record it was decided on',
    file: 'bbs/tasks.ts',
    from: '{ key: taskKey(guid), modRevision: before.revision }, ...',
    to: '...',
    tests: STORE_MODEL,
  },
  {
    name: 'a refusal is believed of a view that is late',
    file: 'bbs/tasks.ts',
    from: '} else if (fromStore) {',
    to: '} else {',
    tests: STORE_MODEL,
  },
  {
    name: "an unanswered commit is taken for one's own by the guid alone (E14)",
    file: 'bbs/tasks.ts',
    from: 'return found?.writeId === writeId ? found.revision : undefined;',
    to: 'return found?.revision;',
    tests: STORE_MODEL,
  },
  {
    name: 'an unanswered commit counts as done',
    file: 'bbs/tasks.ts',
    from: '      throw error;\n    }\n  }\n\n  /** The task that an equal',
    to: '      return 1;\n    }\n  }\n\n  /** The task that an equal',
    tests: STORE_MODEL,
  },
  {
    name: 'a request key is not compared at creation (T1)',
    file: 'bbs/tasks.ts',
    from: '      guards.push({ key: request.put, modRevision: 0 });\n',
    to: '',
    tests: [...BBS, ...STORE_MODEL],
  },
  {
    name: 'a request key is not bound to the task its guid led to (I3)',
    file: 'bbs/tasks.ts',
    from: "definition.request_key !== '' && !(await this.#bound(definition, found.status.uid))",
    to: 'found.status.uid === ""',
    tests: STORE_MODEL,
  },
  {
    name: 'no callback is owed with the end of the task (I8)',
    file: 'bbs/tasks.ts',
    from: 'writes.push(...owedCallback(definitionOf(before), status));',
    to: 'owedCallback(definitionOf(before), status);',
    tests: BBS,
  },
  {
    name: 'a removal leaves no record (I2)',
    file: 'bbs/tasks.ts',
    from: '...historyWrites(',
    to: '...[].concat(historyWrites(',
    also: [
      {
        file: 'bbs/tasks.ts',
        from: '        status.trail,\n      ),',
        to: '        status.trail,\n      )).slice(9),',
      },
    ],
    tests: [...BBS, ...STORE_MODEL],
  },
  {
    name: 'convergence loses and unclaims without comparing the cell (T5, T6)',
    file: 'bbs/converger.ts',
    from: 'guards: [{ key: cellKey(task.status.cell_id), createRevision: cell?.epoch ?? 0 }],',
    to: 'guards: [],',
    tests: STORE_MODEL,
  },
  {
    name: 'convergence ends whichever life has the guid now',
    file: 'bbs/converger.ts',
    from: '{ uid: task.status.uid, ...optionsFor(deps, task, due.command) }',
    to: '{ ...optionsFor(deps, task, due.command) }',
    tests: STORE_MODEL,
  },
  {
    name: 'a claim does not compare the epoch of its cell (T2)',
    file: 'bbs/api/placement.ts',
    from: '{ key: cellKey(cell_id), createRevision: Number(epoch) },',
    to: '',
    tests: BBS,
  },
  {
    name: 'start and adopt do not compare the epoch of their cell (T3, T12)',
    file: 'bbs/api/cells.ts',
    from: 'guards: [{ key: cellKey(cellId), createRevision: epoch }],',
    to: 'guards: [],',
    tests: BBS,
  },
  {
    name: 'a second process takes the place of a cell that lives (C10)',
    file: 'bbs/cells.ts',
    from: 'guards: [{ key: cellKey(offer.cell_id), modRevision: 0 }],',
    to: 'guards: [],',
    also: [
      {
        file: 'bbs/cells.ts',
        from: 'const held = await this.#held(offer.cell_id, incarnation);',
        to: 'const held = undefined;',
      },
    ],
    tests: BBS,
  },
  {
    name: "the store's groups mix up their verdicts",
    file: 'bbs/store/etcd/txn.ts',
    from: 'return { committed: nested.succeeded, revision };',
    to: 'return { committed: true, revision };',
    tests: ['test/contract/store.test.ts', ...STORE_MODEL],
  },
  {
    name: 'a guard on the create revision compares the mod revision',
    file: 'bbs/store/etcd/txn.ts',
    from: 'target: CompareTarget.Create, create_revision: String(guard.createRevision)',
    to: 'target: CompareTarget.Mod, mod_revision: String(guard.createRevision)',
    tests: ['test/contract/store.test.ts'],
  },
  {
    name: 'the watch goes on behind the revision of any answer (F2, E11 E12)',
    file: 'bbs/store/etcd/watch-stream.ts',
    from: 'const batch = response.created ? undefined : assembly.add(response);',
    to: 'const batch = assembly.add(response);',
    tests: ['test/contract/etcd-faults.test.ts', 'test/contract/store.test.ts'],
  },
  {
    name: 'the start of a container is sent again (F1)',
    file: 'cells/docker/docker-runtime.ts',
    from: '    if (this.#started.has(id)) {',
    to: '    if (id === "") {',
    tests: ['test/contract/runtime.test.ts'],
  },
  {
    name: 'the start of a container is repeated when its answer is lost (F1)',
    file: 'cells/docker/docker-runtime.ts',
    from: 'await this.#engine.json({ ...request, deadlineMs: this.#deadlines.start });',
    to: 'const sent = async () => await this.#engine.json({ ...request, deadlineMs: this.#deadlines.start });\n    await sent().catch(sent);',
    tests: ['test/engine/docker-faults.test.ts'],
  },
  {
    name: 'a rep whose engine start is unanswered starts again',
    file: 'cells/rep/start.ts',
    from: '      await runtime.start(container);\n',
    to: '      await runtime.start(container).catch(async () => await runtime.start(container));\n',
    tests: CELL,
  },
  {
    name: 'a start that was granted under an old epoch goes on',
    file: 'cells/rep/start.ts',
    from: 'if (membership.epoch !== answer.epoch) return;',
    to: '',
    tests: CELL_GUARDS,
  },
  {
    name: 'a rep that is unsure of its place begins work (E13)',
    file: 'cells/rep/start.ts',
    from: 'while (!rep.membership.sure) await rest(100, signal);',
    to: '',
    tests: CELL_GUARDS,
  },
  {
    name: 'a fenced rep lets its tasks run on (I13)',
    file: 'cells/rep/membership.ts',
    from: 'this.#deps.onFenced();',
    to: '',
    tests: CELL,
  },
  {
    name: 'capacity is free before the container is gone (I7)',
    file: 'cells/rep/finish.ts',
    from: '  await removeContainer(rep, attempt);\n  rep.capacity.release(attempt.attempt);',
    to: '  rep.capacity.release(attempt.attempt);\n  rep.changed();\n  await removeContainer(rep, attempt);',
    tests: CELL_GUARDS,
  },
  {
    name: 'the container goes before its outcome was heard (D17)',
    file: 'cells/rep/finish.ts',
    from: '    await deliver(rep, { guid, attempt: id, ending });',
    to: '    await removeContainer(rep, attempt);\n    await deliver(rep, { guid, attempt: id, ending });',
    tests: CELL,
  },
  {
    name: 'a never started container that counts as running is started after a restart (D10)',
    file: 'cells/rep/found.ts',
    from: "created: status === 'created',",
    to: 'created: false,',
    tests: CELL,
  },
  {
    name: 'adopted without asking the BBS (T12)',
    file: 'cells/rep/rep.ts',
    from: "this.#resume(attempt, judged.code === '')",
    to: 'this.#resume(attempt, true)',
    tests: CELL,
  },
  {
    name: 'a container that a person started again is waited for (K10)',
    file: 'cells/docker/exits.ts',
    from: 'if (state !== undefined && state.restartCount > 0) return STARTED_AGAIN;',
    to: '',
    tests: ['test/engine/docker.test.ts'],
  },
  {
    name: 'an end while the engine was away is believed (K01)',
    file: 'cells/docker/exits.ts',
    from: 'gone && !watch.liveRestore',
    to: 'gone && watch.liveRestore',
    tests: ['test/engine/engine-restart.test.ts'],
  },
  {
    name: 'an end while neither the cell nor its engine were there is believed (C07)',
    file: 'cells/rep/found.ts',
    from: 'note.engine !== instance',
    to: "note.engine === ''",
    tests: ['test/engine/engine-restart.test.ts'],
  },
  {
    name: 'new tasks fill the store to the brim (E09)',
    file: 'bbs/room.ts',
    from: 'if (full || used + more > USED_MOST || file > FILE_MOST) {',
    to: 'if (full) {',
    tests: ['test/integration/overload.test.ts'],
  },
  {
    name: 'strays stay (I16)',
    file: 'cells/rep/rep.ts',
    from: "      log.warn({ container: name, attempt }, 'container.stray');\n      await runtime.remove(id);",
    to: "      log.warn({ container: name, attempt }, 'container.stray');",
    tests: CELL_GUARDS,
  },
];

const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const copy = mkdtempSync(join(tmpdir(), 'gavel-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
for (const file of files.toString().split('\0'))
  if (file !== '' && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(copy, file));
if (!existsSync(join(copy, 'node_modules'))) symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

let bad = 0;
/** A test that is red without any mutant catches nothing. */
for (const test of new Set(chosen.flatMap(({ tests }) => tests))) {
  const failed = await run([test]);
  if (failed === undefined) continue;
  bad += 1;
  console.log(`RED     ${test} fails without any mutant: ${failed}`);
}
const red = bad > 0;
for (const { name, tests, ...patch } of red ? [] : chosen) {
  const before = new Map();
  const stale = [patch, ...(patch.also ?? [])].some(({ file, from, to }) => {
    const text = readFileSync(join(copy, file), 'utf8');
    if (!before.has(file)) before.set(file, text);
    writeFileSync(
      join(copy, file),
      text.replace(from, () => to),
    );
    return text.split(from).length !== 2;
  });
  let failed;
  for (const test of stale ? [] : tests) failed ??= await run([test]);
  for (const [file, text] of before) writeFileSync(join(copy, file), text);
  if (stale || failed === undefined) bad += 1;
  console.log(
    stale ? `STALE   ${name}` : failed === undefined ? `LIVES   ${name}` : `caught  ${name}\n          by ${failed}`,
  );
}
console.log(red ? 'nothing was broken: first make these green' : `${chosen.length - bad} caught, ${bad} not`);
process.exitCode = bad === 0 ? 0 : 1;

/** @returns the first test that failed; undefined when all passed. */
async function run(tests) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--bail=1',
    '--reporter=json',
    `--outputFile=${report}`,
    ...tests,
  ];
  const child = spawn(join(copy, 'node_modules/.bin/vitest'), args, {
    cwd: copy,
    stdio: 'ignore',
    timeout: LIMIT_MS,
  });
  const status = await new Promise((done) => child.once('close', done));
  if (status === 0) return undefined;
  if (!existsSync(report)) return `${tests[0]} (it did not come to its end)`;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  for (const { assertionResults, message } of testResults) {
    const failed = assertionResults.find((one) => one.status === 'failed');
    if (failed !== undefined) return `${tests[0]}: ${failed.fullName}`;
    if (message) return `${tests[0]}: ${message.split('\n')[0]}`;
  }
  return tests[0];
}
