import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { parseJson } from '../../platform/json.ts';
import { type Cli, handle } from '../command.ts';
import { printOne } from '../output.ts';

/** From the package this file belongs to, whether it runs from the sources or compiled. */
export function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) {
      const { name, version } = parseJson(readFileSync(path, 'utf8')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (name === 'gavel' && version !== undefined) return version;
    }
    if (folder === dirname(folder)) return 'unknown';
  }
}

export function addVersion(program: Command, cli: Cli): void {
  handle(cli, program.command('version').description('version of this program'), async (context) => {
    const version = ownVersion();
    await printOne(
      context,
      { schema: 'version/v1', kind: 'version', gavel: version, node: process.version },
      version,
      `gavel ${version} (Node ${process.version})`,
    );
    return undefined;
  });
}
