import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { refusal } from '../../../../../src/controllers/certificate/order/store-certificate.ts';
import { type Secret, secretWith, specHashOf } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { secretSeen } from '../../../../../src/controllers/certificate/secret/secret-seen.ts';
import { pairFor } from '../../../../kit/pair.ts';
import { selfSigned } from '../../../../kit/self-signed.ts';
import { issued, secret as ours, row } from '../world.ts';

let pair: { certificate: string; key: string };
let other: { certificate: string; key: string };
let staged: { chain: string; key: string };
before(async () => {
  pair = await selfSigned('shop.example');
  other = await selfSigned('other.example');
  staged = await pairFor(['shop.example'], { from: new Date(), issuer: '(STAGING) Test CA' });
});

/** What the API server would give back for an object that was applied. */
function stored(object: object): Secret {
  // The shape is the one that secretWith and archiveWith write.
  return object as Secret;
}

function version() {
  return {
    revision: 3,
    issuedAt: new Date('2026-06-01T12:00:00.250Z'),
    chainPem: pair.certificate,
    keyPem: pair.key,
  };
}

describe('the Secret of a Certificate', () => {
  test('what is written is read back as ours, with its revision, time and pair', () => {
    const seen = secretSeen(row(), stored(secretWith(row(), { kind: 'absent' }, version())));
    assert.ok(seen.kind === 'ours');
    assert.equal(seen.revision, 3);
    assert.deepEqual(seen.issuedAt, new Date('2026-06-01T12:00:00.250Z'));
    assert.deepEqual(seen.issued?.names, ['shop.example']);
    assert.equal(seen.issuerKey, 'ClusterIssuer/le');
    assert.equal(seen.problem, undefined);
  });

  test('a new one is create-only; an existing one carries its uid and version as preconditions', () => {
    const made = secretWith(row(), { kind: 'absent' }, version());
    assert.equal(made.metadata.resourceVersion, '1');
    assert.equal(made.metadata.uid, undefined);
    const replaced = secretWith(row(), ours({ uid: 'u', resourceVersion: '42' }), version());
    assert.equal(replaced.metadata.resourceVersion, '42');
    assert.equal(replaced.metadata.uid, 'u');
  });

  test('one that was taken over keeps its type', () => {
    const made = secretWith(row(), ours({ type: 'Opaque' }), version());
    assert.equal(stored(made).type, 'Opaque');
  });

  test("the user's template is on it, but never over our own marks", () => {
    const spec = {
      ...row().spec,
      secretTemplate: { labels: { team: 'web', 'evercert.dev/certificate-uid': 'forged' }, annotations: { note: 'x' } },
    };
    const made = secretWith(row({ spec }), { kind: 'absent' }, version());
    assert.equal(made.metadata.labels?.team, 'web');
    assert.equal(made.metadata.labels?.['evercert.dev/certificate-uid'], 'uid-1');
    assert.equal(made.metadata.annotations?.note, 'x');
  });

  const foreign: readonly (readonly [name: string, metadata: object, extra: object, sentence: RegExp])[] = [
    ['made by somebody else', {}, {}, /was not made by Evercert.*adopt=true/],
    [
      'left by an earlier Certificate of the same name',
      { labels: { 'evercert.dev/certificate-uid': 'older' }, annotations: { 'evercert.dev/certificate-name': 'shop' } },
      {},
      /belongs to an earlier Certificate shop/,
    ],
    ['immutable', { annotations: { 'evercert.dev/adopt': 'true' } }, { immutable: true }, /is immutable/],
  ];
  for (const [name, metadata, extra, sentence] of foreign) {
    test(`a Secret ${name} is foreign, and the sentence says what to do`, () => {
      const found = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-tls', ...metadata }, ...extra };
      const seen = secretSeen(row(), found);
      assert.ok(seen.kind === 'foreign');
      assert.match(seen.why, sentence);
    });
  }

  test('its owner may hand a Secret over', () => {
    const metadata = { name: 'shop-tls', annotations: { 'evercert.dev/adopt': 'true' } };
    assert.equal(secretSeen(row(), { apiVersion: 'v1', kind: 'Secret', metadata }).kind, 'ours');
  });

  test('a key that is not the key of the certificate is a problem, not a certificate', () => {
    const made = stored(secretWith(row(), { kind: 'absent' }, { ...version(), keyPem: other.key }));
    const seen = secretSeen(row(), made);
    assert.ok(seen.kind === 'ours');
    assert.equal(seen.issued, undefined);
    assert.match(seen.problem ?? '', /not the key/);
  });
});

describe('what must not be stored', () => {
  const now = new Date();
  const offered = (overrides: Partial<Parameters<typeof refusal>[0]> = {}): Parameters<typeof refusal>[0] => ({
    pem: pair.certificate,
    nextKeyPem: pair.key,
    names: row().names,
    seen: { certificate: row(), secret: { kind: 'absent' } },
    cause: 'SecretMissing',
    ...overrides,
  });

  test('a good certificate is not refused', () => assert.equal(refusal(offered(), now), undefined));
  test('one for another key is', () => assert.match(refusal(offered({ nextKeyPem: other.key }), now) ?? '', /key/));
  test('one for other names is', () => {
    const found = refusal(offered({ pem: other.certificate, nextKeyPem: other.key }), now);
    assert.match(found ?? '', /names other\.example/);
  });
  test('an expired one is', () => {
    assert.match(refusal(offered(), new Date(now.getTime() + 10 * 86_400_000)) ?? '', /expired/);
  });
  test('one that is not valid yet is', () => {
    assert.match(refusal(offered(), new Date(now.getTime() - 10 * 86_400_000)) ?? '', /valid only from/);
  });
  test('a private key in the chain is', () => {
    assert.notEqual(refusal(offered({ pem: pair.certificate + pair.key }), now), undefined);
  });
  test('a renewal that expires earlier than what it replaces is', () => {
    const secret = ours({ issued: issued({ notAfter: new Date(now.getTime() + 365 * 86_400_000) }) });
    const found = refusal(offered({ seen: { certificate: row(), secret }, cause: 'RenewalDue' }), now);
    assert.match(found ?? '', /expires earlier/);
  });
  test('one of a staging CA over one that clients trust is, unless an annotation names that one', () => {
    const [staging, trusted] = [
      staged,
      ours({ issued: issued({ fingerprint: 'a'.repeat(64), issuer: 'CN=Trusted' }) }),
    ];
    const over = (verbs: { staging?: string }): string | undefined => {
      const seen = { certificate: row({ verbs }), secret: trusted };
      return refusal(offered({ pem: staging.chain, nextKeyPem: staging.key, seen, cause: 'SpecChanged' }), now);
    };
    assert.match(over({}) ?? '', new RegExp(`evercert\\.dev/replace-with-staging=${'a'.repeat(64)}`));
    assert.notEqual(over({ staging: 'b'.repeat(64) }), undefined);
    assert.equal(over({ staging: 'A'.repeat(64) }), undefined);
  });
  test('HTML is', () => assert.notEqual(refusal(offered({ pem: '<html>busy</html>' }), now), undefined));
});

describe('the hash of a spec', () => {
  test('changes with what decides the content, and with nothing else', () => {
    const same = specHashOf(row());
    assert.equal(specHashOf(row({ generation: 9, spec: { ...row().spec, renewBefore: '240h' } })), same);
    assert.notEqual(specHashOf(row({ names: ['a.example'] })), same);
    assert.notEqual(specHashOf(row({ issuerKey: 'ClusterIssuer/other' })), same);
    assert.notEqual(specHashOf(row({ spec: { ...row().spec, profile: 'shortlived' } })), same);
  });
});
