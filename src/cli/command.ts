import type { Command } from 'commander';
import { traced } from '../platform/trace.ts';
import { Context, type GlobalFlags } from './context.ts';
import type { Io } from './io.ts';

/** One run of the program. */
export interface Cli {
  readonly io: Io;
  /** What the command answered; undefined = it came to its end. */
  exitCode: number | undefined;
  /** The command that runs, as people type it, for errors to point at its help. */
  running: string;
}

/** Answers the exit code; nothing means 0, or that of the signal that ended it. */
export type Handler<Flags> = (
  context: Context,
  args: readonly string[],
  flags: Flags & Omit<GlobalFlags, keyof Flags>,
) => Promise<number | undefined>;

/** Gives a command its handler. Flags of its parents are the command's too, wherever they were written. */
export function handle<Flags>(cli: Cli, command: Command, handler: Handler<Flags>): Command {
  return command.action(async () => {
    const globals = command.optsWithGlobals<Flags & GlobalFlags>();
    const context = new Context(cli.io, globals);
    const flags = ownFirst(command, globals);
    cli.running = fullName(command);
    try {
      const work = async () => await handler(context, command.args, flags);
      const parent = context.traceparent;
      cli.exitCode = parent === undefined ? await work() : await traced(cli.running, { kind: 'client', parent }, work);
    } catch (error) {
      throw context.explain(error);
    } finally {
      context.close();
    }
  });
}

/** A command's own `--input DIR` has nothing to do with the program's `--no-input`, which would be its default otherwise. */
function ownFirst<Flags extends object>(command: Command, merged: Flags): Flags {
  const own: Record<string, unknown> = command.opts();
  const flags = new Map<string, unknown>(Object.entries(merged));
  for (const option of command.options) {
    const name = option.attributeName();
    const above = rootOf(command).options.find((one) => one.attributeName() === name);
    // The very same flag (a role's own --config) was taken by the program, and is meant for the command.
    if (above === undefined || above.long === option.long) continue;
    if (own[name] === undefined) flags.delete(name);
    else flags.set(name, own[name]);
  }
  return Object.fromEntries(flags) as Flags;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** For options that may be given several times. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** For options that take several values parted by commas, and may be given several times. */
export function gatherList(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))];
}

export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('before', `${lines.map((line) => `  $ ${line}`).join('\n')}\n`);
}
