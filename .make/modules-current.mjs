// Exit status 0 when node_modules holds what package-lock.json asks for. npm keeps a lock file of what it installed inside
// node_modules, written last; it is compared package by package, so a plain `npm install` counts too.
import { readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
};

const wanted = read('package-lock.json');
const present = read('node_modules/.package-lock.json');
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const sorted = (object = {}) =>
  JSON.stringify(
    Object.keys(object)
      .sort()
      .map((key) => [key, object[key]]),
  );
const same = (a, b) => sorted(a) === sorted(b);
const current =
  wanted !== undefined &&
  present !== undefined &&
  // package.json changed without its lock: npm ci says so better than a missing module would.
  same(wanted[''].dependencies, manifest.dependencies) &&
  same(wanted[''].devDependencies, manifest.devDependencies) &&
  Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = present[path];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
process.exitCode = current ? 0 : 1;
