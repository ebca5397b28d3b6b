/**
 * What users ask for by annotation, and what becomes of a Secret with its Certificate, at a real API server and Pebble. Run by
 * `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Certificate } from '../../../src/api/index.ts';
import { type Cache, connect, type KubeClient, type KubeObject, secrets } from '../../../src/kube/index.ts';
import { certificateThat, followCertificates, says } from '../../kit/certificates.ts';
import { type RunningEvercert, startEvercert } from '../../kit/evercert.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';
import { within } from '../../kit/until.ts';

const namespace = 'verbs';

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const certificateOf = (name: string, spec: object = {}, annotations: Record<string, string> = {}): object => {
  const issuerRef = { kind: 'ClusterIssuer', name: 'verbs' };
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace, annotations },
    spec: { secretName: `${name}-tls`, dnsNames: [`${name}.test`], issuerRef, ...spec },
  };
};

describe('a verb', () => {
  const abort = new AbortController();
  let client: KubeClient;
  let evercert: RunningEvercert;
  let cache: Cache<Certificate>;
  let following: Promise<void>;

  before(async () => {
    const kubeconfig = environment('KUBECONFIG');
    client = connect({ kubeconfig, userAgent: 'evercert-test' });
    await kubectl('apply', '--server-side', '-f', 'crds/');
    await kubectl('wait', '--for=condition=Established', 'crd/certificates.evercert.dev', '--timeout=20s');
    await kubectl('create', 'namespace', namespace);
    evercert = await startEvercert({ client, kubeconfig, address: environment('INGRESS_IP') });
    const { cache: followed, running } = followCertificates(client, abort.signal);
    cache = followed;
    following = running;
    await cache.whenSynced(abort.signal);
    const acme = {
      server: environment('ACME_DIRECTORY'),
      caBundle: readFileSync(environment('ACME_CA_FILE')).toString('base64'),
      privateKeySecretRef: { name: 'verbs-account' },
      solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
    };
    await apply({ apiVersion: 'evercert.dev/v1', kind: 'ClusterIssuer', metadata: { name: 'verbs' }, spec: { acme } });
    await kubectl('wait', 'clusterissuer.evercert.dev/verbs', '--for=condition=Ready', '--timeout=20s');
  });

  after(async () => {
    await kubectl('delete', 'evcert', '--all', '-n', namespace);
    await kubectl('delete', 'clusterissuer.evercert.dev', 'verbs');
    await evercert[Symbol.asyncDispose]();
    await kubectl('delete', 'namespace', namespace, evercert.namespace, '--wait=false');
    abort.abort();
    await following;
    await client.close();
  });

  async function until(name: string, what: string, is: (certificate: Certificate) => boolean): Promise<Certificate> {
    return certificateThat(cache, `${namespace}/${name}`, { is, what, timeoutMs: 30_000 });
  }

  async function secretOf(name: string): Promise<Secret | undefined> {
    return client.get<Secret>(secrets, { namespace, name: `${name}-tls` });
  }

  async function issued(name: string, spec: object = {}): Promise<{ fingerprint: string; key: string | undefined }> {
    await apply(certificateOf(name, spec));
    const { status } = await until(name, 'to be Ready', (one) => says(one, 'Ready', 'True'));
    return { fingerprint: status?.fingerprint ?? '', key: (await secretOf(name))?.data?.['tls.key'] };
  }

  async function annotate(name: string, annotation: string, value: string): Promise<void> {
    await kubectl('annotate', 'evcert', name, '-n', namespace, '--overwrite', `evercert.dev/${annotation}=${value}`);
  }

  test('puts an earlier certificate back, under a revision of its own, and places no order for it', async () => {
    const first = await issued('back');
    await annotate('back', 'renew', new Date().toISOString());
    const renewed = await until('back', 'to be renewed', ({ status }) => status?.revision === 2);
    assert.deepEqual(
      renewed.status?.history?.map(({ fingerprint }) => fingerprint),
      [first.fingerprint],
    );
    const orders = await evercert.acmeRequests('newOrder"');
    const spelled = (first.fingerprint.match(/../g) ?? []).join(':').toUpperCase();
    await annotate('back', 'rollback', spelled);
    const back = await until('back', 'to be rolled back', (one) => says(one, 'RolledBack', 'True'));
    assert.deepEqual([back.status?.fingerprint, back.status?.revision], [first.fingerprint, 3]);
    const data = (await secretOf('back'))?.data ?? {};
    assert.equal(data['tls.key'], first.key);
    const leaf = new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
    assert.equal(leaf.fingerprint256, spelled);
    assert.equal(await evercert.acmeRequests('newOrder"'), orders);
  });

  test('revokes a certificate whose key is known at once, and replaces it and the key that was to stay', async () => {
    const first = await issued('known', { privateKey: { rotationPolicy: 'Never' } });
    await annotate('known', 'revoke', `${first.fingerprint}=keyCompromise`);
    const done = await until(
      'known',
      'to be revoked and replaced',
      (one) => says(one, 'Revoked', 'True') && one.status?.revision === 2 && says(one, 'Ready', 'True'),
    );
    assert.deepEqual(
      done.status?.history?.map(({ fingerprint, revoked }) => [fingerprint, revoked]),
      [[first.fingerprint, true]],
    );
    assert.notEqual((await secretOf('known'))?.data?.['tls.key'], first.key);
    assert.equal(await evercert.acmeRequests('revokeCert"'), 1);

    await annotate('known', 'rollback', first.fingerprint);
    const refused = await until('known', 'to refuse it', (one) => says(one, 'RolledBack', 'False'));
    const message = refused.status?.conditions?.find(({ type }) => type === 'RolledBack')?.message;
    assert.match(message ?? '', /it is revoked/);
  });

  test('that names a certificate of another object does nothing, and says so', async () => {
    const { fingerprint } = await issued('other');
    await annotate('other', 'revoke', 'ab'.repeat(32));
    await until('other', 'to refuse it', (one) => says(one, 'Revoked', 'False'));
    await annotate('other', 'rollback', 'the last one');
    const told = await until('other', 'to say what it cannot read', (one) => says(one, 'AnnotationInvalid', 'True'));
    assert.equal(told.status?.fingerprint, fingerprint);
    assert.equal(says(told, 'Ready', 'True'), true);
  });

  test('has a temporary certificate stored before there is an issuer, so that a server can start', async () => {
    const annotations = { 'evercert.dev/issue-temporary-certificate': 'true' };
    const issuerRef = { kind: 'ClusterIssuer', name: 'absent' };
    await apply(certificateOf('early', { issuerRef }, annotations));
    const early = await until('early', 'to say that it is temporary', (one) => says(one, 'Issuing', 'False'));
    assert.equal(early.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'TemporaryCertificate');
    const data = (await secretOf('early'))?.data ?? {};
    const leaf = new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
    assert.equal(leaf.subjectAltName, 'DNS:early.test');
    assert.equal(leaf.verify(leaf.publicKey), true);
  });

  test('a Secret comes to belong to its Certificate, and no longer, as deletionPolicy says', async () => {
    await issued('kept');
    const owners = async (): Promise<number> => (await secretOf('kept'))?.metadata.ownerReferences?.length ?? 0;
    for (const [deletionPolicy, count] of [
      ['Delete', 1],
      ['Retain', 0],
    ] as const) {
      await apply(certificateOf('kept', { deletionPolicy }));
      await within(20_000, `the Secret has ${count} owners`, async () => (await owners()) === count);
    }
  });
});
