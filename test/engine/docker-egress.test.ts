import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { containerChains } from '../../cells/docker/egress-rules.ts';
import type { ContainerRuntime, EgressAllow } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  engineCall,
  engineGet,
  execShell,
  execToExit,
  idleOf,
  openTestRuntime,
  runToExit,
  shell,
  startIdle,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A machine beyond this one: a network namespace with two addresses of its own, and one that is link-local. */
const WORLD = `gvt${process.pid}`;
const [NEAR, ONE, TWO, LINK_LOCAL] = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '169.254.77.77'];
const LISTENERS = `
  const { createServer } = require('node:net');
  for (const port of [80, 81, 8080]) createServer((s) => { s.on('error', () => {}); s.end('tcp ' + port + '\\n'); }).listen(port, '0.0.0.0');
  let up = 0;
  for (const address of ['198.51.100.2', '198.51.100.3']) {
    const udp = require('node:dgram').createSocket('udp4');
    udp.on('message', (m, from) => udp.send('udp ' + m, from.port, from.address));
    udp.bind(53, address, () => (up += 1) === 2 && console.log('up'));
  }
`;
const cellId = `egress-${randomUUID()}`;
const hash = createHash('sha256').update(cellId).digest('hex').slice(0, 8);

const sh = (command: string): string => execFileSync('sh', ['-ec', command], { encoding: 'utf8' });
const chains = (): string[] =>
  sh('iptables -w 5 -S')
    .split('\n')
    .filter((line) => line.includes(hash));

let world: ChildProcess;
let here: Server;
let herePort = 0;
let gateway = '';
let runtime: ContainerRuntime;

/** What a run left that was ended by force: the route is not of this run's own name and would be in its way. */
function removeLeftWorlds(): void {
  for (const name of sh('ls /run/netns 2>/dev/null || true').split('\n')) {
    const pid = /^gvt(\d+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    sh(`ip link del ${name}a 2>/dev/null || true; ip netns del ${name}`);
  }
}

beforeAll(async () => {
  removeLeftWorlds();
  sh(`
    ip netns add ${WORLD}
    ip link add ${WORLD}a type veth peer name ${WORLD}b
    ip link set ${WORLD}b netns ${WORLD}
    ip addr add ${NEAR}/24 dev ${WORLD}a
    ip link set ${WORLD}a up
    ip -n ${WORLD} addr add ${ONE}/24 dev ${WORLD}b
    ip -n ${WORLD} addr add ${TWO}/24 dev ${WORLD}b
    ip -n ${WORLD} addr add ${LINK_LOCAL}/32 dev lo
    ip -n ${WORLD} link set lo up
    ip -n ${WORLD} link set ${WORLD}b up
    ip -n ${WORLD} route add default via ${NEAR}
    ip route replace ${LINK_LOCAL}/32 via ${ONE}
  `);
  world = spawn('ip', ['netns', 'exec', WORLD, process.execPath, '-e', LISTENERS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((done) => world.stdout?.once('data', done));
  here = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('here\n');
  });
  await new Promise<void>((done) => here.listen(0, '0.0.0.0', done));
  herePort = (here.address() as { port: number }).port;
  runtime = await openTestRuntime({ cellId, egress: 'enforced' });
  const network = (await engineGet(`/networks/gavel-${hash}`)) as { IPAM: { Config: { Gateway: string }[] } };
  gateway = network.IPAM.Config[0]?.Gateway ?? '';
});
afterAll(async () => {
  await closeTestRuntime(runtime);
  here.close();
  const gone = new Promise((done) => world.once('exit', done));
  world.kill('SIGKILL');
  await gone;
  sh(`ip link del ${WORLD}a; ip netns del ${WORLD}`);
});

const rule = (protocol: string, destinations: string[], rest: Partial<EgressAllow> = {}): EgressAllow => ({
  protocol,
  destinations,
  ports: [],
  log: false,
  ...rest,
});
const tcp = (destination: string, ...ports: number[]): EgressAllow => rule('tcp', [destination], { ports });
const withRules = async (...egress: EgressAllow[]): Promise<string> =>
  await startIdle(runtime, { network: 'bridge', egress });
const inside = async (id: string, script: string): Promise<string> =>
  (await execToExit(runtime, id, execShell(script))).stdout.toString().trim();
const TCP = (host: string, port: number): string => `nc -w 3 ${host} ${port} </dev/null 2>/dev/null || echo no`;
/** In the network of the container, by a program of this machine: the image's own speaks no UDP and may not ping. */
const fromNetworkOf = async (id: string, command: string): Promise<string> => {
  const { State: state } = (await engineGet(`/containers/${id}/json`)) as { State: { Pid: number } };
  return sh(`nsenter -t ${state.Pid} -n ${command} 2>&1 || echo no`).trim();
};
const UDP = (host: string): string =>
  `${process.execPath} -e "const s = require('node:dgram').createSocket('udp4'); s.on('message', (m) => { console.log(String(m)); process.exit(); }); s.on('error', () => undefined); s.send('hey', 53, '${host}'); setTimeout(() => process.exit(1), 1000)"`;
const reaches = async (id: string, ...targets: (readonly [string, number])[]): Promise<string[]> =>
  (await inside(id, targets.map(([host, port]) => TCP(host, port)).join('\n'))).split('\n');

describe('a container on the bridge', () => {
  let id = '';
  afterEach(async () => {
    await runtime.remove(id);
  });

  it('reaches nothing without rules, and is told so at once', async () => {
    id = await withRules();
    const began = performance.now();
    expect(await reaches(id, [ONE, 80], [gateway, herePort], [NEAR, herePort], [LINK_LOCAL, 80])).toEqual(
      Array(4).fill('no'),
    );
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(await fromNetworkOf(id, UDP(ONE))).toBe('no');
  });

  it('reaches what its rules name, and nothing beside it', async () => {
    id = await withRules(tcp(ONE, 80, 8080));
    expect(await reaches(id, [ONE, 80], [ONE, 8080], [ONE, 81], [TWO, 80])).toEqual(['tcp 80', 'tcp 8080', 'no', 'no']);
    expect(await fromNetworkOf(id, UDP(ONE))).toBe('no');
  });

  it.each([
    ['198.51.100.0/31', ['no', 'no']],
    ['198.51.100.2/31', ['tcp 81', 'tcp 81']],
    ['198.51.100.3-198.51.100.9', ['no', 'tcp 81']],
    ['203.0.113.1,198.51.100.2', ['tcp 81', 'no']],
    ['0.0.0.0/0', ['tcp 81', 'tcp 81']],
  ])('knows %s', async (destination, expected) => {
    id = await withRules(rule('tcp', [destination], { port_range: { start: 81, end: 82 } }));
    expect(await reaches(id, [ONE, 81], [TWO, 81])).toEqual(expected);
    expect(await reaches(id, [ONE, 80])).toEqual(['no']);
  });

  it('knows udp, and all', async () => {
    id = await withRules(rule('udp', [ONE], { ports: [53] }), rule('all', [TWO]));
    expect([await fromNetworkOf(id, UDP(ONE)), await fromNetworkOf(id, UDP(TWO))]).toEqual(['udp hey', 'udp hey']);
    expect(await reaches(id, [ONE, 80], [TWO, 80])).toEqual(['no', 'tcp 80']);
  });

  it('knows more ports than one rule of the kernel holds', async () => {
    id = await withRules(tcp(ONE, ...Array.from({ length: 40 }, (_, n) => 1_000 + n), 8080));
    expect(await reaches(id, [ONE, 8080], [ONE, 80])).toEqual(['tcp 8080', 'no']);
  });

  it.each([
    [{ type: 8, code: 0 }, true],
    [{ type: -1, code: -1 }, true],
    [{ type: 13, code: -1 }, false],
  ])('knows icmp %j', async (icmp_info, answered) => {
    id = await withRules(rule('icmp', [ONE], { icmp_info }));
    expect(/1 packets received/.test(await fromNetworkOf(id, `busybox ping -c 1 -W 2 ${ONE}`))).toBe(answered);
    expect(await fromNetworkOf(id, `busybox ping -c 1 -W 1 ${TWO}`)).toMatch(/no$/);
  });

  it('never reaches a link-local address', async () => {
    id = await withRules(rule('all', ['0.0.0.0/0']), rule('all', [LINK_LOCAL]));
    expect(await reaches(id, [LINK_LOCAL, 80], [ONE, 80])).toEqual(['no', 'tcp 80']);
  });

  it('reaches this machine and other tasks only by a rule with one address', async () => {
    const other = await runtime.create(shell('while true; do echo task | nc -l -p 99; done', { network: 'bridge' }));
    await runtime.start(other);
    const record = (await engineGet(`/containers/${other}/json`)) as {
      NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
    };
    const address = record.NetworkSettings.Networks[`gavel-${hash}`]?.IPAddress ?? '';
    id = await withRules(rule('all', ['0.0.0.0/0']));
    expect(await reaches(id, [gateway, herePort], [NEAR, herePort], [address, 99], [ONE, 80])).toEqual([
      'no',
      'no',
      'no',
      'tcp 80',
    ]);
    await runtime.remove(id);
    id = await withRules(tcp(gateway, herePort), tcp(address, 99));
    expect(await reaches(id, [gateway, herePort], [NEAR, herePort])).toEqual(['here', 'no']);
    await runtime.remove(other);
  });

  it('has its rules from its first packet on', async () => {
    const { stdout } = await runToExit(runtime, shell(TCP(ONE, 80), { network: 'bridge', egress: [tcp(ONE, 80)] }));
    expect(stdout.toString().trim()).toBe('tcp 80');
  });

  it('has no IPv6 address', async () => {
    id = await withRules();
    expect(await inside(id, 'cat /proc/net/if_inet6 2>/dev/null | grep -v " lo$" | wc -l')).toBe('0');
  });

  it.each([
    [rule('tcp', ['1.2.3.4'], { ports: [70_000] })],
    [rule('tcp', ['1.2.3.4 -j ACCEPT'], { ports: [80] })],
    [rule('tcp', ['1.2.3.9-1.2.3.4'], { ports: [80] })],
    [rule('gre', ['1.2.3.4'])],
  ])('is refused for an impossible rule: %j', async (egress) => {
    const creating = runtime.createIdle(idleOf({ network: 'bridge', egress: [egress] }));
    await expect(creating).rejects.toMatchObject({ code: 'invalid_argument', message: /egress_rules/ });
  });
});

describe('rules in the kernel', () => {
  it('name the container, and go with it', async () => {
    const before = chains();
    const id = await withRules(tcp(ONE, 80), rule('tcp', [TWO], { ports: [80], log: true }));
    expect(
      chains()
        .filter((line) => line.includes(`gvf-${hash}-${id.slice(0, 12)}`))
        .join('\n'),
    ).toMatch(/gavel t-[0-9a-f-]+/);
    expect(chains().length).toBeGreaterThan(before.length);
    await runtime.remove(id);
    expect(chains()).toEqual(before);
  });

  it('stay while the cell is away, and those without a container go when it comes back', async () => {
    const [kept, lost] = [await withRules(tcp(ONE, 80)), await withRules(tcp(ONE, 81))];
    await runtime.close();
    expect(
      await new Promise((done) =>
        setTimeout(() => done(chains().some((line) => line.includes(kept.slice(0, 12)))), 10),
      ),
    ).toBe(true);
    await engineCall('DELETE', `/containers/${lost}?force=1`);
    runtime = await openTestRuntime({ cellId, egress: 'auto' });
    expect(chains().some((line) => line.includes(lost.slice(0, 12)))).toBe(false);
    expect(await reaches(kept, [ONE, 80], [ONE, 81])).toEqual(['tcp 80', 'no']);
    await runtime.remove(kept);
    expect(chains().some((line) => line.includes(kept.slice(0, 12)))).toBe(false);
  });

  it('are put back when somebody has loaded another firewall', async () => {
    const id = await withRules(tcp(ONE, 80));
    for (const line of chains().filter((each) => /^-A (FORWARD|INPUT|DOCKER-USER) /.test(each)))
      sh(`iptables -w 5 -D ${line.slice(3)}`);
    expect(await reaches(id, [ONE, 81])).toEqual(['tcp 81']);
    expect(await runtime.info()).toMatchObject({ egress: 'enforced', egressReason: '' });
    expect(await reaches(id, [ONE, 80], [ONE, 81])).toEqual(['tcp 80', 'no']);
    await runtime.remove(id);
  });

  it('go with the cell when it leaves nothing behind', async () => {
    const own = `egress-${randomUUID()}`;
    const brief = await openTestRuntime({ cellId: own, egress: 'enforced' });
    const ownHash = createHash('sha256').update(own).digest('hex').slice(0, 8);
    expect(sh('iptables -w 5 -S')).toContain(ownHash);
    await closeTestRuntime(brief);
    expect(sh('iptables -w 5 -S; ip6tables -w 5 -S; ip link')).not.toContain(ownHash);
  });
});

describe('a cell that cannot enforce', () => {
  it('refuses rules, and says why', async () => {
    const open = await openTestRuntime();
    expect(await open.info()).toMatchObject({ egress: 'open', egressReason: 'its setting egress is open' });
    const creating = open.createIdle(idleOf({ network: 'bridge', egress: [tcp(ONE, 80)] }));
    await expect(creating).rejects.toMatchObject({ code: 'permission_denied', message: /cannot enforce them/ });
    await closeTestRuntime(open);
  });

  it('is open by auto, and does not start by enforced', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1_000);
    const auto = await openTestRuntime({ egress: 'auto' });
    expect(await auto.info()).toMatchObject({ egress: 'open', egressReason: 'the cell does not run as root' });
    await closeTestRuntime(auto);
    await expect(openTestRuntime({ egress: 'enforced' })).rejects.toMatchObject({
      code: 'unavailable',
      message: /as root/,
    });
  });
});

describe('containerChains', () => {
  it('leaves IPv6 out, and lets nothing else through', () => {
    const chainsFor = containerChains('c', 'br', [
      rule('tcp', ['2001:db8::1', 'fe80::/10', '2001:db8::1-2001:db8::9'], { ports: [80] }),
      rule('icmpv6', ['10.0.0.1'], { icmp_info: { type: 128, code: 0 } }),
    ]);
    expect(chainsFor.forward.every((line) => line.includes('-j REJECT'))).toBe(true);
    expect(chainsFor.input.every((line) => line.includes('-j REJECT'))).toBe(true);
  });
});
