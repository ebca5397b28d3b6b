import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { annotations, certificates, group, labels } from '../../../src/api/index.ts';
import { type KubeObject, secrets } from '../../../src/kube/index.ts';
import { readChain } from '../../../src/pki/index.ts';
import { type Revision, RevisionRules } from '../../kit/revision-rules.ts';
import { selfSigned } from '../../kit/self-signed.ts';

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

function secret(revision: number, { certificate, key }: Pair): KubeObject {
  const metadata = {
    name: 'shop-tls',
    namespace: 'web',
    labels: { [labels.certificateUID]: 'u' },
    annotations: { [annotations.revision]: String(revision) },
  };
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  const data = { 'tls.crt': encoded(certificate), 'tls.key': encoded(key) };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data } as KubeObject;
}

function told(status: object): KubeObject {
  const metadata = {
    name: 'shop',
    namespace: 'web',
    uid: 'u',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const spec = { secretName: 'shop-tls', dnsNames: ['a.test'], issuerRef: { name: 'ca' } };
  return { apiVersion: `${group}/v1`, kind: 'Certificate', metadata, spec, status } as KubeObject;
}

/** The revisions of a history that had these objects, one after the other. */
function history(...objects: readonly KubeObject[]): readonly Revision[] {
  return objects.map((after, revision) => {
    const { plural } = after.kind === 'Secret' ? secrets : certificates;
    const earlier = objects.slice(0, revision).findLast(({ kind }) => kind === after.kind);
    return { plural, before: earlier, after };
  });
}

const ready = { type: 'Ready', status: 'True', reason: 'Issued' };

describe('the rules of revisions', () => {
  let first: Pair;
  let second: Pair;
  const broken = (...objects: readonly KubeObject[]): string =>
    new RevisionRules(history(...objects)).broken.join('; ');

  before(async () => {
    first = await selfSigned('a.test');
    second = await selfSigned('a.test', 48);
  });

  test('have nothing to say of a renewal', () => {
    const { fingerprint } = readChain(first.certificate).leaf;
    const renewed = readChain(second.certificate).leaf.fingerprint;
    const order = { url: 'https://ca.test/1', revision: 2 };
    const status = { observedGeneration: 1, conditions: [ready] };
    const rules = new RevisionRules(
      history(
        secret(1, first),
        told({ ...status, fingerprint }),
        told({ ...status, fingerprint, order }),
        secret(2, second),
        told({ ...status, fingerprint: renewed }),
      ),
    );
    assert.deepEqual(rules.broken, []);
    assert.deepEqual([...rules.recorded], ['https://ca.test/1']);
  });

  test('find a Secret without a pair', () => {
    assert.match(broken(secret(1, { certificate: '', key: '' })), /cannot be read/);
  });

  test('find a key that does not fit', () => {
    assert.match(broken(secret(1, { ...first, key: second.key })), /does not fit/);
  });

  test('find an older certificate', () => {
    assert.match(broken(secret(1, second), secret(2, first)), /older certificate/);
  });

  test('find a revision that does not grow', () => {
    assert.match(broken(secret(2, first), secret(2, second)), /revision 2 of web\/shop-tls is followed by 2/);
  });

  test('find an order for a revision that is reached', () => {
    const order = { url: 'https://ca.test/1', revision: 1 };
    assert.match(broken(secret(1, first), told({ order })), /has reached/);
  });

  test('find a status that comes before its Secret', () => {
    assert.match(broken(told({ fingerprint: 'f' })), /no Secret has ever held/);
  });

  test('find that Ready is taken back', () => {
    const status = { observedGeneration: 1, conditions: [ready] };
    const unready = { observedGeneration: 1, conditions: [{ ...ready, status: 'False' }] };
    assert.match(broken(secret(1, first), told(status), told(unready)), /taken back/);
  });
});
