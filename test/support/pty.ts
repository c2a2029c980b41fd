import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/*
 * The built program under a pseudo-terminal. Python has one in its library, Node has none.
 */

const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios, time
columns, steps, argv = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    time.sleep(0.2)
    os.execvp(argv[0], argv)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
seen, at, until = b'', 0, time.time() + 60
while time.time() < until:
    ready, _, _ = select.select([fd], [], [], 0.2)
    if ready:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    if steps:
        found = seen.find(steps[0][0].encode(), at)
        if found >= 0:
            at = len(seen)
            os.write(fd, steps[0][1].encode())
            steps.pop(0)
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

export interface Transcript {
  /** As the terminal got it, but with plain line ends. */
  readonly screen: string;
  readonly code: number | null;
}

/** Runs `gavel ARGS`; each step waits for a text and then types its answer (`\u0003` is Ctrl-C). */
export async function onTerminal(
  args: readonly string[],
  options: {
    readonly columns: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly steps?: readonly (readonly [string, string])[];
  },
): Promise<Transcript> {
  const given = [String(options.columns), JSON.stringify(options.steps ?? []), process.execPath, main, ...args];
  const child = spawn('python3', ['-c', DRIVER, ...given], {
    env: { ...process.env, TERM: 'xterm', ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const screen = (await text(child.stdout)).replaceAll('\r\n', '\n');
  return { screen, code: await ended };
}

/** The same without a terminal. */
export async function piped(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err, code: await ended };
}
