import { type Command, Option } from 'commander';
import { errorText } from '../../domain/errors.ts';
import { LOG_LEVELS } from '../../platform/log.ts';
import { type Cli, gatherList, handle } from '../command.ts';
import type { Context, GlobalFlags } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import type { RoleFlags, RoleName } from '../role-config.ts';

/*
 * The long-running roles. Their code is loaded only when one is started: the everyday commands must not pay for it, and know
 * nothing of it.
 */

/** How long a clean stop may take before it is no longer waited for. */
const STOP_MS = 9_500;

export function addRoles(program: Command, cli: Cli): void {
  const dev = role(
    program,
    cli,
    'dev',
    'run a whole system in this process: BBS on the embedded store, auctioneer, one cell',
  );
  storeOptions(cellOptions(dev))
    .option('--listen <host:port>', 'address of the BBS (127.0.0.1:8889)')
    .option(
      '--http-listen <host:port>',
      'address of REST and metrics, or off (127.0.0.1:8880; a free port with --listen)',
    );

  const bbs = role(program, cli, 'bbs', 'run the state service');
  storeOptions(bbs)
    .option('--listen <host:port>', 'address that clients, cells and auctioneers call (127.0.0.1:8889)')
    .option('--http-listen <host:port>', 'address of REST, metrics and health (none)')
    .option('--insecure', 'serve other machines in the clear');

  const auctioneer = role(program, cli, 'auctioneer', 'run an auctioneer');
  auctioneer
    .option('--listen <host:port>', 'address that cells join at (127.0.0.1:8892)')
    .option('--metrics-listen <host:port>', 'address of metrics and health (none)')
    .option('--bbs <host:port,...>', 'all BBS servers (127.0.0.1:8889)', gatherList)
    .addOption(
      new Option('--policy <name>', 'level the load, or fill one cell after the other').choices(['spread', 'binpack']),
    )
    .option('--insecure', 'serve other machines in the clear');

  const cell = role(program, cli, 'cell', 'run a cell: a place where containers run');
  cellOptions(cell)
    .option('--bbs <host:port,...>', 'all BBS servers (127.0.0.1:8889)', gatherList)
    .option('--auctioneer <host:port,...>', 'all auctioneers (127.0.0.1:8892)', gatherList)
    .option('--state-dir <dir>', 'folder of journal, outbox and logs (GAVEL_STATE_DIR)')
    .option('--metrics-listen <host:port>', 'address of metrics and health (none)')
    .option('--insecure', 'serve metrics to other machines in the clear');
}

function role(program: Command, cli: Cli, name: RoleName, description: string): Command {
  const command = program
    .command(name)
    .description(description)
    .option('--config <file>', 'settings as YAML or JSON; flags win over it')
    .addOption(new Option('--log-level <level>', 'least level that is logged (info)').choices(LOG_LEVELS));
  handle<RoleFlags>(cli, command, async (context, _args, flags) => await runRole(context, name, flags));
  return command;
}

function storeOptions(command: Command): Command {
  return command
    .addOption(new Option('--store <kind>', 'where the state is kept (embedded)').choices(['embedded', 'etcd']))
    .option('--etcd <url,...>', 'etcd members, http(s)://host:2379', gatherList)
    .option('--state-dir <dir>', 'folder of the data (GAVEL_STATE_DIR)')
    .option('--callback-secret <whsec>', 'secret that signs callbacks (GAVEL_CALLBACK_SECRET)')
    .option('--token-keys <file,...>', 'public keys whose bearer tokens are taken (GAVEL_TOKEN_KEYS)', gatherList);
}

function cellOptions(command: Command): Command {
  return command
    .option(
      '--id <name>',
      'name of the cell; two on one engine need two (the host name; in dev one of its state folder)',
    )
    .option('--zone <name>', 'failure zone')
    .option('--docker-host <url>', 'container engine (DOCKER_HOST; else unix:///var/run/docker.sock)')
    .option('--stack <name,...>', 'stacks that tasks may ask for', gatherList)
    .option('--preloaded <name=image,...>', 'what preloaded:NAME stands for', gatherList)
    .option('--tag <tag,...>', 'placement tags', gatherList)
    .option('--optional-tag <tag,...>', 'placement tags a task may name', gatherList)
    .option('--memory <size>', 'memory for tasks (what the engine has)')
    .option('--disk <size>', 'disk for tasks (what is free)')
    .option('--containers <n>', 'most tasks at once')
    .option('--allow-exec', 'let people run commands in running tasks (gavel tasks exec)');
}

/** Starts a role and stays until it is told to stop (exit 0) or breaks by itself. A second signal does not wait for the end. */
export async function runRole(context: Context, name: RoleName, flags: RoleFlags & GlobalFlags): Promise<number> {
  const { startRole } = await import('../roles.ts');
  let signals = 0;
  let told: () => void = () => {};
  let forced: () => void = () => {};
  const stopAsked = new Promise<'stop'>((resolve) => {
    told = () => resolve('stop');
  });
  const forceAsked = new Promise<'forced'>((resolve) => {
    forced = () => resolve('forced');
  });
  const release = context.io.interrupts.take(() => {
    signals += 1;
    if (signals === 1) told();
    else forced();
  });
  try {
    const starting = startRole(name, flags, context.io.env);
    const running = await Promise.race([starting, stopAsked]);
    if (running === 'stop') {
      // Told to stop while it starts: what did start is stopped all the same.
      return await stopWithin(
        starting.then((late) => late.stop()),
        forceAsked,
      );
    }
    await Promise.race([stopAsked, running.failed ?? new Promise<never>(() => {})]).catch(async (error: unknown) => {
      context.complain(`${name} broke: ${errorText(error)}`);
      await stopWithin(running.stop(), forceAsked);
      throw error;
    });
    return await stopWithin(running.stop(), forceAsked);
  } finally {
    release();
  }
}

async function stopWithin(stopping: Promise<void>, forced: Promise<'forced'>): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), STOP_MS);
  });
  const how = await Promise.race([stopping.then(() => 'stopped' as const), late, forced]);
  clearTimeout(timer);
  return how === 'stopped' ? EXIT.ok : EXIT.ours;
}
