// Writes the sample rootfs as a tar to stdout: sample-rootfs.mjs BUSYBOX APPLETS. The same input gives the same bytes,
// whoever runs it and under whatever umask.
import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';

const [busybox, applets] = process.argv.slice(2);
const pack = tar.pack();
const mtime = new Date(0);
const dir = (name, mode = 0o755, id = 0) =>
  pack.entry({ name: `${name}/`, type: 'directory', mode, uid: id, gid: id, mtime });
const file = (name, content, mode = 0o644) => pack.entry({ name, mode, mtime, uid: 0, gid: 0 }, content);

for (const name of [
  'bin',
  'dev',
  'etc',
  'home',
  'opt',
  'proc',
  'run',
  'sbin',
  'sys',
  'usr',
  'usr/bin',
  'usr/sbin',
  'var',
  'var/log',
])
  dir(name);
dir('tmp', 0o1777);
dir('var/tmp', 0o1777);
dir('root', 0o700);
dir('home/vcap', 0o755, 2000);

file(
  'etc/passwd',
  [
    'root:x:0:0:root:/root:/bin/sh',
    'vcap:x:2000:2000:vcap:/home/vcap:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
    '',
  ].join('\n'),
);
file('etc/group', ['root:x:0:', 'tty:x:5:', 'vcap:x:2000:', 'nogroup:x:65534:', ''].join('\n'));
file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');

file('bin/busybox', readFileSync(busybox), 0o755);
for (const applet of new Set(readFileSync(applets, 'utf8').split('\n'))) {
  // "linuxrc" at the top is for initial ramdisks.
  if (!/^(usr\/)?s?bin\/[^/]+$/.test(applet) || applet === 'bin/busybox') continue;
  pack.entry({ name: applet, type: 'symlink', linkname: '/bin/busybox', mode: 0o777, uid: 0, gid: 0, mtime });
}
pack.finalize();
await pipeline(pack, process.stdout);
