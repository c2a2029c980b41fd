import type { Command } from 'commander';
import { DomainError } from '../../domain/errors.ts';
import { rfc3339, safe } from '../../platform/format.ts';
import { formatSize } from '../../platform/size.ts';
import { type Cli, examples, handle } from '../command.ts';
import { put } from '../io.ts';
import { printOne, taskObject } from '../output.ts';
import { uploadLine } from './submit.ts';

interface DownloadFlags {
  readonly to?: string;
  readonly archive?: boolean;
}

/** `gavel task outputs ID`: the table of what a run left behind. */
export function addOutputs(task: Command, cli: Cli): void {
  const command = task.command('outputs <id>').description('what a finished task left behind, with sizes');
  examples(command, 'gavel task outputs 766', 'gavel task outputs 766 --json');
  handle(cli, command, async (context, [id = '']) => {
    const info = await context.client().task(id).outputs().info(context.signal);
    const { task_guid, archive_bytes, archive_sha256, total_bytes, files, notes, sealed_at } = info;
    const facts = { task_guid, archive_bytes, archive_sha256, total_bytes, sealed_at };
    const times = { sealed_at_rfc3339: rfc3339(sealed_at) };
    const object = { schema: 'outputs/v1', kind: 'outputs', ...facts, ...times, files, notes };
    await printOne(context, object, files.map(({ path }) => safe(path)).join('\n'), info.toString());
    if (!context.machineReadable) for (const note of notes) context.say(safe(note));
    return undefined;
  });
}

/** `gavel task download ID [FILE...]`: the files themselves; repeated, it goes on where it was cut. */
export function addDownload(task: Command, cli: Cli): void {
  const command = task
    .command('download <id> [file...]')
    .description('bring files of a finished task here; repeated, it goes on where it was cut')
    .option('--to <dir>', 'folder to bring them to (the task number if not given); - writes one file to stdout')
    .option('--archive', 'the archive itself, a ZIP, as one file');
  examples(command, 'gavel task download 766', 'gavel task download 766 stdout.txt data/out --to results');
  handle<DownloadFlags>(cli, command, async (context, [id = '', ...files], flags) => {
    const found = await context.client().tasks.get(id, context.signal);
    const outputs = context.client().task(found.task_guid).outputs();
    if (flags.to === '-') {
      const [name, ...others] = files;
      if (name === undefined || others.length > 0)
        throw new DomainError('invalid_argument', '--to - writes exactly one file; name it');
      for await (const piece of outputs.stream(name, context.signal)) await put(context.io.stdout, piece);
      return undefined;
    }
    const dir = flags.to ?? String(found.number);
    const { files: done, notes } = await outputs
      .download(dir, {
        ...(files.length === 0 ? {} : { files }),
        archive: flags.archive === true,
        signal: context.signal,
        onFile: ({ target, bytes, present }) => {
          if (context.verbose) context.say(`${safe(target)}  ${formatSize(bytes)}${present ? '  (was here)' : ''}`);
        },
      })
      .catch((error: unknown) => {
        if (context.signal.aborted) context.say(`what came is kept in ${dir}; the same command goes on from there`);
        throw error;
      });
    for (const note of notes) context.say(safe(note));
    const bytes = done.reduce((sum, file) => sum + file.bytes, 0);
    const { task_guid, number } = found;
    const object = { schema: 'download/v1', kind: 'download', task_guid, number, dir, bytes, files: done, notes };
    const text = `Downloaded ${done.length} ${done.length === 1 ? 'file' : 'files'} (${formatSize(bytes)}) to ${dir}`;
    await printOne(context, object, done.map(({ target }) => target).join('\n'), safe(text));
    return undefined;
  });
}

/** `gavel task upload ID DIR`: what a task that was submitted with an input_dir waits for. */
export function addUpload(task: Command, cli: Cli): void {
  const command = task
    .command('upload <id> <dir>')
    .description('give a task the folder it waits for (awaiting_input); then it is placed');
  examples(command, 'gavel task upload 766 ./data');
  handle(cli, command, async (context, [id = '', folder = '']) => {
    const line = uploadLine(context);
    try {
      const { signal } = context;
      const released = await context.client().task(id).upload(folder, { signal, onProgress: line.saw });
      line.stop();
      await printOne(context, taskObject(released), released.task_guid, `Task ${released.number} has its input`);
    } catch (error) {
      if (context.signal.aborted)
        context.say(`the task goes on waiting; begin again with: gavel task upload ${id} ${folder}`);
      throw error;
    } finally {
      line.stop();
    }
    return undefined;
  });
}
