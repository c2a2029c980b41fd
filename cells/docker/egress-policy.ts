import type { Logger } from 'pino';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { ContainerSpec } from '../executor/runtime.ts';
import { Egress, type EgressDeps } from './egress.ts';
import { containerChains } from './egress-rules.ts';
import { within } from './execs.ts';
import type { Guard } from './profile.ts';

/**
 * What tasks on the bridge may reach: only what their rules allow (`enforced`; no rules: nothing), or everything (`open`). `auto`
 * enforces where this cell can: as root on the engine's machine, with iptables.
 */
export type EgressMode = 'auto' | 'enforced' | 'open';

/** What cleaning up may take when a cell stops. */
const CLOSE_MS = 2_000;

/** Enforces egress rules, or knows why not. */
export class EgressPolicy {
  readonly #egress: Egress | undefined;
  readonly #reason: string;
  readonly #log: Logger;

  private constructor(egress: Egress | undefined, reason: string, log: Logger) {
    this.#egress = egress;
    this.#reason = reason;
    this.#log = log;
  }

  /** @throws DomainError `unavailable` when it has to be enforced and cannot be. */
  static async open(mode: EgressMode, local: boolean, deps: EgressDeps): Promise<EgressPolicy> {
    if (mode === 'open') return new EgressPolicy(undefined, 'its setting egress is open', deps.log);
    try {
      if (!local) throw new DomainError('unavailable', 'the container engine is not on this machine');
      return new EgressPolicy(await Egress.open(deps), '', deps.log);
    } catch (error) {
      const reason = errorText(error);
      if (mode === 'enforced') {
        throw new DomainError('unavailable', `cannot enforce egress rules: ${reason}`, { cause: error });
      }
      deps.log.warn({ error: reason }, 'egress rules cannot be enforced');
      return new EgressPolicy(undefined, reason, deps.log);
    }
  }

  /** As of now: rules that somebody took out of the kernel are put back, and when that fails, it is said. */
  async state(): Promise<{ readonly egress: 'enforced' | 'open'; readonly egressReason: string }> {
    if (this.#egress === undefined) return { egress: 'open', egressReason: this.#reason };
    await this.#egress.check();
    return { egress: 'enforced', egressReason: this.#egress.trouble };
  }

  /** @throws DomainError `permission_denied` for rules that could not be kept, `invalid_argument` for impossible ones. */
  guard(spec: ContainerSpec): Guard | undefined {
    if (spec.network === 'none') return undefined;
    const { egress: rules = [] } = spec;
    if (this.#egress !== undefined) {
      containerChains('', '', rules);
      return this.#egress.guard(spec);
    }
    if (rules.length === 0) return undefined;
    throw new DomainError('permission_denied', `egress_rules: this cell cannot enforce them: ${this.#reason}`);
  }

  async admit(id: string, { name, egress: rules = [] }: ContainerSpec, { mac }: Guard): Promise<void> {
    await this.#egress?.admit({ id, name, mac, rules });
  }

  async forget(id: string): Promise<void> {
    await this.#egress?.forget(id);
  }

  /** A cell that leaves no container leaves no network and no rules either; otherwise all stay for its next start. */
  async close(left: () => Promise<readonly unknown[]>): Promise<void> {
    if (this.#egress === undefined) return;
    try {
      if ((await within(left(), CLOSE_MS, undefined))?.length !== 0) return;
      await within(this.#egress.close(), CLOSE_MS, undefined);
    } catch (error) {
      this.#log.warn({ error: errorText(error) }, 'the network of the cell stays');
    }
  }
}
