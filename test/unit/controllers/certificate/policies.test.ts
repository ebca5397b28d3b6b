import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keptKey } from '../../../../src/controllers/certificate/policies.ts';
import type { CertificateRow } from '../../../../src/controllers/certificate-row.ts';
import { row, secret } from './world.ts';

type PrivateKey = NonNullable<CertificateRow['spec']['privateKey']>;

function asking(privateKey: PrivateKey): CertificateRow {
  const certificate = row();
  return { ...certificate, spec: { ...certificate.spec, privateKey } };
}

describe('the key of a renewal', () => {
  const held = secret({ keyPem: 'held' });

  test('is the one in the Secret, where rotationPolicy is Never', () => {
    assert.equal(keptKey(asking({ rotationPolicy: 'Never' }), held), 'held');
  });

  test('is a new one by default, and where there is no Secret of ours', () => {
    assert.equal(keptKey(asking({}), held), undefined);
    assert.equal(keptKey(asking({ rotationPolicy: 'Always' }), held), undefined);
    assert.equal(keptKey(asking({ rotationPolicy: 'Never' }), { kind: 'absent' }), undefined);
  });

  test('is a new one where another kind is asked for, or certificates would be issued without end', () => {
    assert.equal(keptKey(asking({ rotationPolicy: 'Never', algorithm: 'RSA' }), held), undefined);
    assert.equal(keptKey(asking({ rotationPolicy: 'Never', size: 384 }), held), undefined);
  });

  test('is a new one where the one in the Secret cannot be read', () => {
    const unreadable = secret({ keyPem: '', keySpec: undefined, issued: undefined });
    assert.equal(keptKey(asking({ rotationPolicy: 'Never' }), unreadable), undefined);
  });
});
