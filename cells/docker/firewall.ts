import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { EgressAllow } from '../executor/runtime.ts';
import { containerChains } from './egress-rules.ts';

const DENY = '-j REJECT --reject-with icmp-port-unreachable';
const TOOL_MS = 10_000;

export interface GuardedContainer {
  readonly id: string;
  readonly name: string;
  /** Given at its creation, so that its rules are in the kernel before it can send anything; it cannot change it. */
  readonly mac: string;
  readonly rules: readonly EgressAllow[];
}

/**
 * The kernel's packet filter for one cell's bridge: whatever comes from that bridge and is not allowed by a rule of the
 * container it comes from, is refused, on the way to this machine as on the way through it. Two chains of the cell
 * (`gvf-HASH`, `gvi-HASH`) hold a jump for each container that has rules, and a refusal at their end.
 *
 * A container is told by its MAC address, not by its IP address: the engine gives the latter to the next one as soon as a
 * container has exited.
 */
export class Firewall {
  readonly #bridge: string;
  readonly #hash: string;

  constructor(cellId: string, bridge: string) {
    this.#bridge = bridge;
    this.#hash = cellHash(cellId);
  }

  /** Makes everything as it has to be, in one step, and forgets the chains of containers that are gone. @throws Error what is in the way. */
  async rebuild(containers: readonly GuardedContainer[]): Promise<void> {
    const wanted = containers.flatMap((container) => this.#chainsOf(container));
    const names = new Set(wanted.map(({ chain }) => chain));
    const stale = (await this.#ownChains()).filter((chain) => !names.has(chain));
    const roots = [this.#root('f'), this.#root('i')];
    await restore('iptables', [
      // Naming a chain empties it, too.
      ...[...roots, ...names, ...stale].map((chain) => `:${chain} - [0:0]`),
      ...wanted.flatMap(({ chain, lines }) => lines.map((line) => `-A ${chain} ${line}`)),
      ...wanted.map(({ root, jump }) => `-A ${root} ${jump}`),
      ...roots.map((root) => `-A ${root} ${DENY}`),
      ...stale.map((chain) => `-X ${chain}`),
    ]);
    await this.#hook('iptables');
    await this.#denySixth();
  }

  /** Whether packets still come by here: a firewall that was loaded anew has none of our jumps. */
  async inPlace(): Promise<boolean> {
    const filter = await chainsOf('iptables');
    return this.#hooks(filter).every(({ chain, rule }) => filter.includes(`-A ${chain} ${rule}`));
  }

  async add(container: GuardedContainer): Promise<void> {
    const chains = this.#chainsOf(container);
    await restore('iptables', [
      ...chains.map(({ chain }) => `:${chain} - [0:0]`),
      ...chains.flatMap(({ chain, lines }) => lines.map((line) => `-A ${chain} ${line}`)),
      ...chains.map(({ root, jump }) => `-I ${root} 1 ${jump}`),
    ]);
  }

  async remove(container: GuardedContainer): Promise<void> {
    const chains = this.#chainsOf(container);
    await restore('iptables', [
      ...chains.map(({ root, jump }) => `-D ${root} ${jump}`),
      ...chains.map(({ chain }) => `:${chain} - [0:0]`),
      ...chains.map(({ chain }) => `-X ${chain}`),
    ]);
  }

  /** Takes everything of this cell away. */
  async uninstall(): Promise<void> {
    for (const tool of ['iptables', 'ip6tables'] as const) {
      const filter = await chainsOf(tool).catch(() => []);
      const jumps = filter.filter((line) => line.startsWith('-A ') && line.includes(`-i ${this.#bridge} `));
      const chains = filter.filter((line) => line.startsWith('-N ')).map((line) => line.slice(3));
      const own = chains.filter((chain) => this.#isOwn(chain));
      await restore(tool, [
        ...jumps.map((line) => `-D ${line.slice(3)}`),
        ...own.map((chain) => `:${chain} - [0:0]`),
        ...own.map((chain) => `-X ${chain}`),
      ]).catch(() => undefined);
    }
  }

  #chainsOf({ id, name, mac, rules }: GuardedContainer) {
    const chains = containerChains(id, this.#bridge, rules);
    const comment = `-m comment --comment "gavel ${name.replace(/[^\w.-]/g, '_').slice(0, 200)}"`;
    return (['f', 'i'] as const).map((kind) => {
      const chain = `${this.#root(kind)}-${id.slice(0, 12)}`;
      const jump = `-m mac --mac-source ${mac} ${comment} -g ${chain}`;
      return { chain, jump, root: this.#root(kind), lines: kind === 'f' ? chains.forward : chains.input };
    });
  }

  #root(kind: 'f' | 'i'): string {
    return `gv${kind}-${this.#hash}`;
  }

  #isOwn(chain: string): boolean {
    return [this.#root('f'), this.#root('i')].some((root) => chain === root || chain.startsWith(`${root}-`));
  }

  async #ownChains(): Promise<string[]> {
    const roots = [this.#root('f'), this.#root('i')];
    const chains = (await chainsOf('iptables')).filter((line) => line.startsWith('-N ')).map((line) => line.slice(3));
    return chains.filter((chain) => this.#isOwn(chain) && !roots.includes(chain));
  }

  /** In the chain that the engine keeps first for others, where it has one; else before everything in FORWARD. */
  #hooks(filter: readonly string[]): { chain: string; rule: string }[] {
    const forward = filter.includes('-N DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
    const rule = (kind: 'f' | 'i'): string =>
      `-i ${this.#bridge} -m comment --comment "gavel cell ${this.#hash}" -j ${this.#root(kind)}`;
    return [
      { chain: forward, rule: rule('f') },
      { chain: 'INPUT', rule: rule('i') },
    ];
  }

  async #hook(tool: Tool): Promise<void> {
    const filter = await chainsOf(tool);
    const missing = this.#hooks(filter).filter(({ chain, rule }) => !filter.includes(`-A ${chain} ${rule}`));
    if (missing.length > 0)
      await restore(
        tool,
        missing.map(({ chain, rule }) => `-I ${chain} 1 ${rule}`),
      );
  }

  /** Containers have no IPv6 address here; this is for one that finds a way to have one. A machine without IPv6 needs none of it. */
  async #denySixth(): Promise<void> {
    const roots = [this.#root('f'), this.#root('i')];
    try {
      await restore('ip6tables', [
        ...roots.map((root) => `:${root} - [0:0]`),
        ...roots.map((root) => `-A ${root} -j REJECT --reject-with icmp6-port-unreachable`),
      ]);
      await this.#hook('ip6tables');
    } catch {
      return;
    }
  }
}

/** Short enough for the name of an interface and of a chain. */
export function cellHash(cellId: string): string {
  return createHash('sha256').update(cellId).digest('hex').slice(0, 8);
}

type Tool = 'iptables' | 'ip6tables';

/** The filter table as `-N CHAIN` and `-A CHAIN ...` lines. */
async function chainsOf(tool: Tool): Promise<string[]> {
  return (await run(tool, ['-w', '5', '-S'], '')).split('\n');
}

/** All lines or none of them. */
async function restore(tool: Tool, lines: readonly string[]): Promise<void> {
  await run(`${tool}-restore`, ['-w', '5', '--noflush'], ['*filter', ...lines, 'COMMIT', ''].join('\n'));
}

async function run(command: string, args: readonly string[], input: string): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new DomainError('unavailable', `${command}: ${why}`));
    const child = spawn(command, args, { timeout: TOOL_MS, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', (error) => fail(errorText(error)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else fail(err.trim() || (signal === null ? `exit code ${code ?? ''}` : `no answer within ${TOOL_MS} ms`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
