import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { managers } from '../../../../src/api/index.ts';
import { type Secret, secretWith } from '../../../../src/controllers/certificate/secret/secret.ts';
import { secretSeen } from '../../../../src/controllers/certificate/secret/secret-seen.ts';
import type { CertificateRow } from '../../../../src/controllers/certificate-row.ts';
import { selfSigned } from '../../../kit/self-signed.ts';
import { row } from './world.ts';

let pair: { certificate: string; key: string };
before(async () => {
  pair = await selfSigned('shop.example');
});

const withPolicy = (deletionPolicy: 'Retain' | 'Delete'): CertificateRow =>
  row({ spec: { ...row().spec, deletionPolicy } });
const keeps = withPolicy('Retain');
const deletes = withPolicy('Delete');

/** The Secret as it is written for this Certificate. */
function written(certificate: CertificateRow): Secret {
  const version = { revision: 1, issuedAt: new Date(), chainPem: pair.certificate, keyPem: pair.key };
  return secretWith(certificate, { kind: 'absent' }, version);
}

/** The same, with the Certificate as its owner by the word of this manager. */
function ownedBy(manager: string): Secret {
  const secret = written(deletes);
  const fieldsV1 = { 'f:metadata': { 'f:ownerReferences': { [`k:{"uid":"${deletes.uid}"}`]: {} } } };
  return { ...secret, metadata: { ...secret.metadata, managedFields: [{ manager, operation: 'Apply', fieldsV1 }] } };
}

function deviations(certificate: CertificateRow, secret: Secret): readonly string[] {
  const seen = secretSeen(certificate, secret);
  return seen.kind === 'ours' ? seen.deviations : ['not ours'];
}

describe('the Secret of a Certificate with deletionPolicy', () => {
  test('Delete is owned by it, and goes when it goes', () => {
    const { apiVersion, kind, name, uid } = written(deletes).metadata.ownerReferences?.[0] ?? {};
    assert.deepEqual([apiVersion, kind, name, uid], ['evercert.dev/v1', 'Certificate', 'shop', 'uid-1']);
    assert.deepEqual(deviations(deletes, written(deletes)), []);
  });

  test('Retain, or none, has no owner', () => {
    assert.equal(written(keeps).metadata.ownerReferences, undefined);
    assert.equal(written(row()).metadata.ownerReferences, undefined);
  });

  test('that has become Delete is to be written, and so is one that has become Retain', () => {
    assert.deepEqual(deviations(deletes, written(keeps)), ['owner']);
    assert.deepEqual(deviations(keeps, ownedBy(managers.certificate)), ['owner']);
  });

  test('Retain is left as it is where somebody else made the Certificate its owner', () => {
    assert.deepEqual(deviations(keeps, ownedBy('kubectl')), []);
  });
});
