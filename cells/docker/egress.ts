import { randomBytes } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import type { NetworkInspectInfo } from 'dockerode';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { ContainerSpec, EgressAllow, OwnedContainer } from '../executor/runtime.ts';
import type { Engine } from './engine.ts';
import { isEngineError } from './errors.ts';
import { cellHash, Firewall, type GuardedContainer } from './firewall.ts';
import { CELL_LABEL, type Guard } from './profile.ts';

/** A container's address and rules, so that they can be made again when the cell or the machine's firewall starts anew. */
const EGRESS_LABEL = 'gavel.egress';

export interface EgressDeps {
  readonly engine: Engine;
  readonly cellId: string;
  readonly log: Logger;
  readonly deadlineMs: number;
  readonly listOwned: () => Promise<readonly OwnedContainer[]>;
}

/**
 * Keeps what goes out of a cell's containers to what their rules allow: a bridge network of the cell's own, whose every packet goes
 * by the cell's firewall. Has to run as root on the engine's machine.
 */
export class Egress {
  readonly #deps: EgressDeps;
  readonly #network: string;
  readonly #firewall: Firewall;
  readonly #containers = new Map<string, GuardedContainer>();
  /** One change of the firewall at a time: a rebuild must not take away what is just being added. */
  #last: Promise<unknown> = Promise.resolve();
  /** Empty while it is enforced. */
  #trouble = '';

  private constructor(deps: EgressDeps, network: string, bridge: string) {
    this.#deps = deps;
    this.#network = network;
    this.#firewall = new Firewall(deps.cellId, bridge);
  }

  /** @throws DomainError `unavailable` with what is in the way. */
  static async open(deps: EgressDeps): Promise<Egress> {
    const bridge = `gv-${cellHash(deps.cellId)}`;
    const network = `gavel-${cellHash(deps.cellId)}`;
    const unfit = (why: string): DomainError => new DomainError('unavailable', why);
    if (process.getuid?.() !== 0) throw unfit('the cell does not run as root');
    await ensureNetwork(deps, network, bridge);
    await access(`/sys/class/net/${bridge}`).catch(() => {
      throw unfit("the cell does not see the engine's network interfaces");
    });
    // Without it, what goes from one container of the bridge to another one goes by no firewall.
    const filtered = await readFile('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').catch(() => '');
    if (filtered.trim() !== '1') throw unfit('the sysctl net.bridge.bridge-nf-call-iptables is not 1');
    const egress = new Egress(deps, network, bridge);
    await egress.#alone(async () => await egress.#rebuild());
    return egress;
  }

  get trouble(): string {
    return this.#trouble;
  }

  /** Looks whether the rules are still in the kernel, and puts them back when they are not. */
  async check(): Promise<void> {
    try {
      await this.#alone(async () => {
        if (await this.#firewall.inPlace()) return;
        this.#deps.log.warn('the rules of the firewall were gone; making them again');
        await this.#rebuild();
      });
      this.#trouble = '';
    } catch (error) {
      this.#trouble = errorText(error);
    }
  }

  guard(spec: ContainerSpec): Guard {
    // Locally administered, and not of the range the engine takes its own from.
    const bytes = randomBytes(5);
    const mac = ['0a', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
    const rules = spec.egress ?? [];
    const labels: Record<string, string> = rules.length === 0 ? {} : { [EGRESS_LABEL]: JSON.stringify({ mac, rules }) };
    return { network: this.#network, mac, labels };
  }

  /** Before the container is started. One without rules needs nothing: the end of the cell's chain refuses all. */
  async admit(container: GuardedContainer): Promise<void> {
    if (container.rules.length === 0) return;
    await this.#alone(async () => {
      if (this.#containers.has(container.id)) return;
      await this.#firewall.add(container);
      this.#containers.set(container.id, container);
    });
  }

  /** After it is gone. */
  async forget(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    await this.#alone(async () => {
      this.#containers.delete(id);
      await this.#firewall.remove(container);
    }).catch((error: unknown) => {
      // A chain whose address nobody has any more lets nothing through; the next start sweeps it.
      this.#deps.log.warn({ container: container.name, error: errorText(error) }, 'the rules of a container are left');
    });
  }

  /** Takes network and rules away, unless a container still needs them. */
  async close(): Promise<void> {
    const { engine, deadlineMs } = this.#deps;
    const path = `/networks/${this.#network}`;
    await engine.json({ what: 'remove the network of the cell', method: 'DELETE', path, deadlineMs });
    await this.#firewall.uninstall();
  }

  async #rebuild(): Promise<void> {
    const containers = (await this.#deps.listOwned()).flatMap((owned) => guardedOf(owned));
    await this.#firewall.rebuild(containers);
    this.#containers.clear();
    for (const container of containers) this.#containers.set(container.id, container);
  }

  async #alone<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change, change);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}

function guardedOf({ id, name, labels }: OwnedContainer): GuardedContainer[] {
  const label = labels[EGRESS_LABEL];
  if (label === undefined) return [];
  const { mac, rules } = JSON.parse(label) as { mac: string; rules: readonly EgressAllow[] };
  return [{ id, name, mac, rules }];
}

async function ensureNetwork({ engine, cellId, deadlineMs }: EgressDeps, name: string, bridge: string): Promise<void> {
  const what = 'make the network of the cell';
  const get = async (network: string): Promise<NetworkInspectInfo | undefined> => {
    try {
      const answer = await engine.json({ what, method: 'GET', path: `/networks/${network}`, deadlineMs });
      return answer as NetworkInspectInfo;
    } catch (error) {
      if (isEngineError(error, 404)) return undefined;
      throw error;
    }
  };
  if ((await get(name)) !== undefined) return;
  const mtu = (await get('bridge'))?.Options?.['com.docker.network.driver.mtu'];
  await engine.json({
    what,
    method: 'POST',
    path: '/networks/create',
    body: {
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      Labels: { [CELL_LABEL]: cellId },
      Options: {
        'com.docker.network.bridge.name': bridge,
        'com.docker.network.bridge.enable_icc': 'false',
        // Larger packets than the way out takes would vanish.
        ...(mtu === undefined ? {} : { 'com.docker.network.driver.mtu': mtu }),
      },
    },
    deadlineMs,
  });
}
