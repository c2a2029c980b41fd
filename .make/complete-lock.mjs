// Completes package-lock.json with the packages of other platforms, after an `npm install` against a registry that does not
// carry them all. Such an install leaves them out, and `npm ci` then refuses the lock file on every machine. What is added
// names the version and the platform; npm fetches it only on that platform.
import { readFileSync, writeFileSync } from 'node:fs';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = {};
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => place in lock.packages)) continue;
    const words = name.split(/[/@-]/);
    const os = words.filter((word) => OS.includes(word));
    const cpu = words.filter((word) => CPU.includes(word));
    if (!/^\d+\.\d+\.\d+/.test(range) || (os.length === 0 && cpu.length === 0)) {
      throw new Error(
        `${path} wants ${name}@${range}, which is no package of one platform: run npm install where it can be had`,
      );
    }
    const libc = words.includes('musl') ? ['musl'] : undefined;
    added[`node_modules/${name}`] = {
      version: range,
      ...(cpu.length > 0 && { cpu }),
      ...(entry.dev && { dev: true }),
      ...(libc && { libc }),
      optional: true,
      ...(os.length > 0 && { os }),
    };
  }
}
const [root, ...rest] = Object.entries({ ...lock.packages, ...added });
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} packages of other platforms added`);
