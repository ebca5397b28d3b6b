import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AccountAccess, acmeClients } from '../../../src/acme/index.ts';
import { generateKey } from '../../../src/pki/index.ts';
import { TerminalError } from '../../../src/runtime/index.ts';

const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });

describe('the clients of a process', () => {
  const clients = acmeClients({ userAgent: 'evercert/0.1.0' });
  const access: AccountAccess = { directoryUrl: 'https://ca.example/directory', keyPem };

  test('are one for one access', () => {
    assert.equal(clients(access), clients({ ...access, skipTLSVerify: false }));
    assert.notEqual(clients(access), clients({ ...access, accountUrl: 'https://ca.example/account/1' }));
    assert.notEqual(clients(access), clients({ ...access, skipTLSVerify: true }));
    assert.notEqual(clients(access), clients({ ...access, directoryUrl: 'https://ca.example/other' }));
  });

  test('are bounded: the one not asked for the longest is made anew', () => {
    const first = clients(access);
    for (let n = 0; n < 1_000; n += 1) clients({ ...access, accountUrl: `https://ca.example/account/${n}` });
    assert.notEqual(clients(access), first);
  });

  const refused: readonly (readonly [name: string, access: AccountAccess, message: RegExp])[] = [
    ['no URL', { ...access, directoryUrl: 'ca.example' }, /no https URL$/],
    ['a file', { ...access, directoryUrl: 'file:///etc/passwd' }, /no https URL$/],
    ['no key', { ...access, keyPem: 'secret' }, /^the account key is no private key that ACME can use/],
    ['no certificate in the bundle', { ...access, caBundle: 'x' }, /^the caBundle holds no certificate in PEM$/],
  ];
  for (const [name, wrong, message] of refused) {
    test(`are not made for ${name}, and the error shows no secret`, () => {
      assert.throws(
        () => clients(wrong),
        (error) => error instanceof TerminalError && message.test(error.message) && !error.message.includes('secret'),
      );
    });
  }
});
