import { OUTCOMES, TASK_STATES } from '../domain/task.ts';
import { SELECT_FUNCTIONS, SELECT_OPERATORS } from '../platform/select.ts';
import { EXIT_MEANINGS } from './exit-code.ts';
import { wordsText } from './words.ts';

/** Pages of `gavel help TOPIC`. */
export const TOPICS: Readonly<Record<string, { readonly about: string; readonly text: () => string }>> = {
  states: {
    about: 'states, outcomes, and the words of other systems',
    text: () => `A task is in one of five states:

  PENDING    waits for a cell (gavel explain ID says for what)
  CLAIMED    a cell has it and makes it ready: image, container
  RUNNING    its process runs
  COMPLETED  it is over; the outcome says how
  RESOLVING  somebody is taking its result; then it is in history only

Outcomes (${OUTCOMES.join(', ')}):

  succeeded     exit code 0, and the result file could be read where one was asked for
  failed        another exit code, or a step that failed
  timed_out     --max-run-time passed
  cancelled     by a client
  unplaced      no cell could ever take it, or none did before its placement deadline
  lost          its cell disappeared while it ran
  infra_failed  what runs it failed: image not found, container refused

--state takes ${TASK_STATES.length} states and ${OUTCOMES.length} outcomes, and the words people know from elsewhere:

${wordsText()}
`,
  },
  'exit-codes': {
    about: 'what exit codes mean',
    text: () =>
      `${EXIT_MEANINGS.map(([code, meaning]) => `${String(code).padStart(3)}  ${meaning}`).join('\n')}

Of several tasks the one that says most wins, in the order 5, 10, 1, 8, 9, 11, 7.
With --propagate run and wait exit with the task's own code, and 125 when it is not the task that failed.
`,
  },
  callbacks: {
    about: 'how the end of a task is told to a URL',
    text: () => `A task with --callback URL is posted there as JSON when it is over: the whole record, the same as gavel task show -o json.

  webhook-id         the same on every try of one callback
  webhook-timestamp  UNIX seconds
  webhook-signature  v1,BASE64 of HMAC-SHA256 over ID.TIMESTAMP.BODY (Standard Webhooks), when the BBS has a secret

Any answer below 500 but 408, 425 and 429 acknowledges. Everything else is tried again, over a day, with growing pauses.
A receiver in a few lines: callbacks.handler(secret, take) of the package gavel (examples/receiver.ts).

While secrets are exchanged (gavel callbacks secrets rotate) there is a signature of each, parted by spaces; one that is right is enough.

  $ gavel callbacks listen --port 9000          prints each callback as one line
  $ gavel callbacks test http://127.0.0.1:9000/ --outcome failed
`,
  },
  select: {
    about: 'the expressions that --select takes',
    text: () => `--select EXPRESSION leaves the tasks of which it is true: of tasks ls, recent, cancel, kill and rerun of what the other flags leave.

${SELECT_OPERATORS.map(([name, about]) => `  ${name.padEnd(16)} ${about}`).join('\n')}

Texts stand in '...', numbers are plain, true, false and null are what they say. Fields are those of -o json, and kind, age, waited, ran (the last three
in seconds). A map's part: labels.team, or labels['gavel.kind']. What is not there is null; null is neither less nor more than anything.

${Object.values(SELECT_FUNCTIONS)
  .map(({ usage, about }) => `  ${usage.padEnd(30)} ${about}`)
  .join('\n')}

  $ gavel tasks -a --select "outcome == 'failed' && exit_code in [42, 43]"
  $ gavel kill --select "state == 'PENDING' && waited > 600"
  $ gavel tasks rerun --outcome failed --select "first_completed_at > ago('2h') && description like 'smoke*'"
  $ gavel select eval 'ran > 60' 766            try one
  $ gavel select doc task                       all fields
`,
  },
  output: {
    about: 'formats for people and programs',
    text: () => `-o table       for people; cut to the terminal's width, never when piped
-o wide        more columns
-o json        one object; lists are {"items": [...]}; fields are only ever added
-o jsonl       one object a line, as it comes
-o yaml        the same as json, easier to read
-o name        ids only, one a line: for xargs
-o template=T  {{.field}}, {{.field.part}}, {{json .field}}, \\n and \\t; the fields are those of -o json

  $ gavel tasks -o template='{{.number}} {{.task_guid}} {{.state}}'
  $ gavel tasks --state queued -o name | xargs gavel cancel
`,
  },
};
