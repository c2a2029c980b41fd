import type { Command } from 'commander';
import { verifyReceipt } from '../../client/receipt.ts';
import { DomainError } from '../../domain/errors.ts';
import { safe } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { printOne } from '../output.ts';
import { readText } from '../spec-file.ts';

/** `gavel tasks receipt ID [--verify FILE]`: how often it was started, with the steps that show it. */
export function addReceipt(task: Command, cli: Cli): void {
  const command = task
    .command('receipt [id]')
    .description('how often a finished task was started, and every step that shows it, chained by hashes')
    .option(
      '--verify <file>',
      'check a receipt instead; needs no server (exit code 4: it was changed, or tells of two starts)',
    )
    .addHelpText(
      'after',
      '\nA receipt says that nothing in it was changed since it was made. It is not signed: it does not say who made it.',
    );
  examples(command, 'gavel tasks receipt 766 > receipt.json', 'gavel tasks receipt --verify receipt.json');
  handle<{ readonly verify?: string }>(cli, command, async (context, [id], { verify }) => {
    if (verify !== undefined) return await check(context, verify, id);
    if (id === undefined) throw new DomainError('invalid_argument', 'which task? Give its guid or its number');
    const receipt = await context.client().task(id).receipt(context.signal);
    // A document for programs in the first place.
    await printOne(context, receipt, receipt.hash, toJson(receipt, 2));
    for (const note of receipt.notes) context.say(safe(note));
    return EXIT.ok;
  });
}

async function check(context: Context, file: string, id: string | undefined): Promise<number> {
  const { receipt, faults } = verifyReceipt(await readText(file, context.io, 'the receipt'));
  const { task_guid, number, starts, claims, outcome, hash } = receipt;
  const other = id !== undefined && id !== task_guid && id !== String(number);
  const all = other ? [...faults, `it is of task ${number} (${task_guid}), not of ${id}`] : faults;
  const object = {
    schema: 'receipt-check/v1',
    kind: 'receipt-check',
    task_guid,
    number,
    whole: all.length === 0,
    faults: all,
  };
  const text =
    all.length === 0
      ? `The receipt is whole: task ${number} was placed ${times(claims)} and started ${times(starts)}; ${outcome}.`
      : `The receipt of task ${number} does not hold:\n${all.map((fault) => `  - ${fault}`).join('\n')}`;
  await printOne(context, object, hash, text);
  return all.length === 0 ? EXIT.ok : EXIT.conflict;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
