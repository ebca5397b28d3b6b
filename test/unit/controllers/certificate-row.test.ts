import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Certificate } from '../../../src/api/index.ts';
import { certificateSource, projectCertificate } from '../../../src/controllers/certificate-row.ts';

const condition = (type: string, status: 'True' | 'False', message: string) => ({
  type,
  status,
  reason: 'Issued',
  message,
  observedGeneration: 3,
  lastTransitionTime: '2026-05-01T10:00:00Z',
});

function certificate(name: string, names: readonly string[] = [`${name}.example.com`]): Certificate {
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: {
      name,
      namespace: 'web',
      uid: `c0ffee00-0000-4000-8000-${name.padStart(12, '0')}`,
      resourceVersion: '17',
      generation: 3,
      creationTimestamp: '2026-05-01T00:00:00Z',
      labels: { team: 'web' },
      annotations: { 'evercert.dev/renew': '2026-05-02T00:00:00Z' },
    },
    spec: {
      secretName: `${name}-tls`,
      dnsNames: [...names],
      issuerRef: { name: 'le', kind: 'ClusterIssuer' },
    },
    status: {
      conditions: [
        condition('Reachable', 'False', `${names[0]} does not resolve`),
        condition('Ready', 'True', `The Secret ${name}-tls holds a certificate that is valid until 2026-07-30.`),
      ],
      notAfter: '2026-07-30T00:00:00Z',
      renewalTime: '2026-06-30T00:00:01Z',
      fingerprint: '5f0c'.repeat(16),
      revision: 2,
    },
  };
}

describe('the row of a Certificate', () => {
  test('says what its object says', () => {
    const object = certificate('shop', ['www.example.com', 'example.com']);
    const row = projectCertificate(object);
    const { key, namespace, name, uid, resourceVersion, generation, secretName, secretKey, issuerKey } = row;
    assert.deepEqual(
      { key, namespace, name, uid, resourceVersion, generation, secretName, secretKey, issuerKey },
      {
        key: 'web/shop',
        namespace: 'web',
        name: 'shop',
        uid: object.metadata.uid,
        resourceVersion: '17',
        generation: 3,
        secretName: 'shop-tls',
        secretKey: 'web/shop-tls',
        issuerKey: 'ClusterIssuer/le',
      },
    );
    assert.deepEqual(row.names, ['example.com', 'www.example.com']);
    assert.deepEqual(row.createdAt, new Date('2026-05-01T00:00:00Z'));
    assert.deepEqual(row.renewRequestedAt, new Date('2026-05-02T00:00:00Z'));
    assert.deepEqual(row.labels, { team: 'web' });
    assert.equal(row.ready, 'True');
    assert.equal(row.notAfterMs, Date.parse('2026-07-30T00:00:00Z'));
    assert.equal(row.renewalMs, Date.parse('2026-06-30T00:00:01Z'));
  });

  test('says so still when others were read since, each its own', () => {
    const objects = Array.from({ length: 30 }, (_, index) => certificate(`shop-${index}`));
    const rows = objects.map((object) => projectCertificate(object));
    for (const [index, row] of rows.entries()) {
      assert.deepEqual(row.spec, objects[index]?.spec);
      assert.deepEqual(row.status, objects[index]?.status);
    }
  });

  test('holds a Certificate of a hundred names, and one that nobody has looked at yet', () => {
    const names = Array.from({ length: 100 }, (_, index) => `shop-${String(index).padStart(3, '0')}.example.com`);
    const many = projectCertificate(certificate('many', names));
    const { status: _, ...fresh } = certificate('fresh');
    const unseen = projectCertificate(fresh);
    for (let index = 0; index < 10; index += 1) projectCertificate(certificate(`other-${index}`));
    assert.deepEqual(many.names, names);
    assert.deepEqual(many.spec.dnsNames, names);
    assert.deepEqual(
      [unseen.status, unseen.ready, unseen.notAfterMs, unseen.renewalMs],
      [{}, 'Unknown', undefined, undefined],
    );
  });

  test('is found by its Secret, its issuer, each of its names and its uid', () => {
    const row = projectCertificate(certificate('shop', ['example.com', 'www.example.com']));
    const found = Object.entries(certificateSource.indexes ?? {}).map(([name, valuesOf]) => [name, valuesOf(row)]);
    assert.deepEqual(Object.fromEntries(found), {
      secret: ['web/shop-tls'],
      issuer: ['ClusterIssuer/le'],
      host: ['example.com', 'www.example.com'],
      uid: [row.uid],
    });
  });
});
