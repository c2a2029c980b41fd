import { expect, it } from 'vitest';
import { noAnswer } from '../../../src/cli/doctor-checks.ts';

it.each([
  [
    '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:9 (2026)',
    'connect ECONNREFUSED',
    'gavel dev',
  ],
  [
    'Last error: Error: 80BC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:350:',
    'no TLS',
    'leave out --tls-ca',
  ],
  [
    'Last error: 80EC:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../x',
    'certificate',
    '--tls-cert',
  ],
  ['No connection established. Last error: Failed to connect (2026-11-21T20:38:35.441Z)', 'says nothing', '--tls-ca'],
  [
    'No connection established. Last error: Error: unable to get local issuer certificate. Resolution note: x',
    'issuer',
    '--tls-ca',
  ],
])('the doctor says of %j what it means and what mends it', (text, found, mended) => {
  const { why, mend } = noAnswer(text);
  expect(why).toContain(found);
  expect(why).not.toMatch(/:error:|Resolution/);
  expect(mend).toContain(mended);
});
