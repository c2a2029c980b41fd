#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Interrupts, type StopSignal } from './cli/io.ts';
import { runCli } from './cli/program.ts';

/*
 * The program: the world for the command line, signals, and the exit code. Nothing else ends the process or reads its environment.
 */

const CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
/** After the command's end something may still be open (a socket that closes in its own time). It does not keep us. */
const LINGER_MS = 1_000;
/** A second signal does not wait longer than this for the end. */
const FORCED_MS = 2_000;

const interrupts = new Interrupts();
let signals = 0;
for (const signal of Object.keys(CODES) as StopSignal[]) {
  // Under nohup the terminal may go without anybody minding.
  if (signal === 'SIGHUP' && ignoresHangup()) continue;
  process.on(signal, () => {
    signals += 1;
    const taken = interrupts.raise(signal);
    if (!taken || signals > 2) process.exit(CODES[signal]);
    if (signals === 2) setTimeout(() => process.exit(CODES[signal]), FORCED_MS).unref();
  });
}

/** Whether whoever started us has SIGHUP ignored; Node cannot say, Linux can. */
function ignoresHangup(): boolean {
  try {
    const ignored = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return true;
  }
}

// `gavel tasks | head`: the reader is gone, and that is no fault of anybody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 5);
  });
}

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, env, interrupts });
setTimeout(() => process.exit(), LINGER_MS).unref();
