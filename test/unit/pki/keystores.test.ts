import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import {
  jksKeystore,
  jksTruststore,
  keystoreContent,
  type Pkcs12Profile,
  pkcs12Keystore,
  pkcs12Truststore,
} from '../../../src/pki/index.ts';
import { encryptRc2 } from '../../../src/pki/rc2.ts';
import { pairFor } from '../../kit/pair.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('RC2', () => {
  // RFC 2268 section 5, those whose effective bits are all bits of the key.
  const vectors: readonly (readonly [key: string, plain: string, sealed: string])[] = [
    ['ffffffffffffffff', 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', '1000000000000001', '30649edf9be7d2c2'],
    ['88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '2269552ab0f85ca6'],
  ];
  for (const [key, plain, sealed] of vectors) {
    test(`encrypts ${plain} under ${key} as its RFC has it`, () => {
      const first = encryptRc2(hex(plain), hex(key), Buffer.alloc(8)).subarray(0, 8);
      assert.equal(Buffer.from(first).toString('hex'), sealed);
    });
  }
});

describe('keystores', () => {
  let pair: Awaited<ReturnType<typeof pairFor>>;
  before(async () => {
    pair = await pairFor(['shop.example'], { withRoot: true });
  });

  const contentFor = (password: string) => keystoreContent({ chainPem: pair.chain, keyPem: pair.key, password });

  for (const profile of ['LegacyDES', 'Modern2023'] satisfies Pkcs12Profile[]) {
    test(`in PKCS#12 of ${profile} open under their password alone`, () => {
      const pfx = Buffer.from(pkcs12Keystore(contentFor('päss'), profile));
      assert.doesNotThrow(() => createSecureContext({ pfx, passphrase: 'päss' }));
      assert.throws(() => createSecureContext({ pfx, passphrase: 'pass' }), /mac verify failure/);
    });
  }

  test('are the same bytes for the same content, and others for another password', () => {
    const made = (password: string): Uint8Array[] => {
      const content = contentFor(password);
      const trusted = { ...content, caDer: content.certificates.at(-1) ?? new Uint8Array() };
      return [
        pkcs12Keystore(content, 'LegacyRC2'),
        pkcs12Keystore(content, 'Modern2023'),
        pkcs12Truststore(trusted, 'Modern2023'),
        jksKeystore(content, 'certificate'),
        jksTruststore(trusted),
      ];
    };
    assert.deepEqual(made('changeit'), made('changeit'));
    for (const [index, bytes] of made('changed').entries()) assert.notDeepEqual(bytes, made('changeit')[index]);
  });

  test('hold neither key nor password in the clear', () => {
    const content = contentFor('changeit');
    const stores = [
      pkcs12Keystore(content, 'LegacyRC2'),
      pkcs12Keystore(content, 'Modern2023'),
      jksKeystore(content, 'a'),
    ];
    // Of PKCS#8 with an ECDSA key these 32 bytes are the secret number.
    for (const store of stores) {
      assert.equal(Buffer.from(store).includes(Buffer.from(content.keyDer.subarray(36, 68))), false);
      assert.equal(Buffer.from(store).includes('changeit'), false);
    }
  });
});
