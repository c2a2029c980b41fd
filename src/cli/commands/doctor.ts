import type { Command } from 'commander';
import { settingsOf } from '../../client/contexts.ts';
import { errorText } from '../../domain/errors.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, examples, handle } from '../command.ts';
import { checkCertificate, checkEngine, checkNode, checkServer, checkStore, type Finding } from '../doctor-checks.ts';
import { EXIT } from '../exit-code.ts';
import { printList } from '../output.ts';

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
const COLUMNS: readonly Column<Finding>[] = [
  { title: 'Check', whole: true, value: ({ check }) => check },
  { title: 'State', whole: true, value: ({ state }) => state, style: ({ state }) => COLOURS[state] },
  { title: 'Found', value: ({ text }) => text },
  { title: 'To mend it', value: ({ mend }) => mend },
];

export function addDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .description('look at everything a task needs, and say how to mend what is not in order');
  examples(command, 'gavel doctor', 'gavel doctor -o json');
  handle(cli, command, async (context, _args, flags) => {
    const { values } = settingsOf(flags, context.io.env, process.cwd());
    const now = Date.now();
    const certificates = [
      checkCertificate(values.tls_ca?.value, 'ca', now),
      checkCertificate(values.tls_cert?.value, 'cert', now),
    ].filter((finding) => finding !== undefined);
    const findings = [checkNode(process.version), ...certificates];
    try {
      const client = context.client();
      const server = await checkServer(client, context.signal);
      findings.push(...server);
      if (server[0]?.state === 'ok') findings.push(await checkStore(client, context.signal));
    } catch (error) {
      findings.push({ check: 'server', state: 'fail', text: errorText(error), mend: 'set what it names' });
    }
    findings.push(await checkEngine(context.io.env['DOCKER_HOST']));
    const bad = findings.filter(({ state }) => state === 'fail').length;
    await printList(context, {
      kind: 'finding',
      items: findings,
      columns: COLUMNS,
      toObject: (finding) => ({ schema: 'finding/v1', kind: 'finding', ...finding }),
      name: ({ check }) => check,
      footer: bad === 0 ? 'Nothing stands in the way of a task.' : `${bad} of ${findings.length} checks failed.`,
    });
    return bad === 0 ? EXIT.ok : EXIT.ours;
  });
}
