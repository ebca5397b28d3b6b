/**
 * Secrets that others made and that are handed over: by kubectl, and by an operator that writes as cert-manager does. With a real
 * API server, whose field managers decide what an apply takes away. Run by `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type KubeObject, secrets } from '../../../src/kube/index.ts';
import { says } from '../../kit/certificates.ts';
import { apply, kubectl } from '../../kit/inside.ts';
import { pairFor } from '../../kit/pair.ts';
import { IssuingWorld, type Secret } from './issuing-world.ts';

const namespace = 'adoption';

/** As much of cert-manager's kind as it takes to have an object of it. */
const theirKind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'certificates.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: { plural: 'certificates', singular: 'certificate', kind: 'Certificate', listKind: 'CertificateList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** Whole seconds ago, as certificates have it. */
const from = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);

describe('a Secret that others made', () => {
  let world: IssuingWorld;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-adoption-'));
    // A Secret of other hands is looked at once a minute.
    world = await IssuingWorld.start({ issuer: 'adoption', namespace, longestMs: 90_000 });
  });

  after(async () => {
    await kubectl('delete', 'crd', theirKind.metadata.name, '--ignore-not-found');
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function secretOf(name: string): Promise<Secret> {
    const secret = await world.secretOf(name);
    assert.ok(secret !== undefined);
    return secret;
  }

  const orders = (): Promise<number> => world.evercert.acmeRequests('newOrder"');

  test('by kubectl create secret tls is taken over without an order, and renewed with a key of its kind', async () => {
    const { chain, key } = await pairFor(['made.test'], { from, key: { algorithm: 'RSA', size: 2048 } });
    const [cert, pem] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await Promise.all([writeFile(cert, chain), writeFile(pem, key)]);
    await kubectl('create', 'secret', 'tls', 'made-tls', '-n', namespace, `--cert=${cert}`, `--key=${pem}`);
    await kubectl('annotate', 'secret', 'made-tls', '-n', namespace, 'evercert.dev/adopt=true');
    const [asked, made] = [await orders(), await secretOf('made')];
    await apply(world.certificate('made'));
    const certificate = await world.until('made', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    const adopted = await secretOf('made');
    assert.equal(await orders(), asked);
    assert.equal(certificate.status?.revision, undefined);
    assert.deepEqual(adopted.data, made.data);
    assert.equal(adopted.metadata.uid, made.metadata.uid);
    assert.equal(adopted.metadata.labels?.['evercert.dev/certificate-uid'], certificate.metadata.uid);

    await kubectl('annotate', 'evcert', 'made', '-n', namespace, `evercert.dev/renew=${new Date().toISOString()}`);
    await world.until('made', 'to be renewed', (one) => one.status?.revision === 1 && says(one, 'Ready', 'True'));
    const renewed = await secretOf('made');
    assert.notEqual(renewed.data?.['tls.crt'], made.data?.['tls.crt']);
    assert.ok((renewed.data?.['tls.key'] ?? '').length > 2_000, 'an RSA key');
  });

  test("by cert-manager waits for its Certificate to go, and then loses what is cert-manager's alone", async () => {
    await apply(theirKind);
    await kubectl('wait', '--for=condition=Established', `crd/${theirKind.metadata.name}`, '--timeout=20s');
    const theirs = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'moved', namespace } };
    await apply({ ...theirs, spec: { secretName: 'moved-tls' } });
    const uid = await kubectl(
      'get',
      'certificate.cert-manager.io',
      'moved',
      '-n',
      namespace,
      '-o',
      'jsonpath={.metadata.uid}',
    );
    const { chain, key } = await pairFor(['moved.test'], { from });
    await world.client.apply<KubeObject>(secrets, asTheyWriteIt({ chain, key, uid }), {
      manager: 'cert-manager-certificates-issuing',
      force: true,
    });
    await kubectl(
      'patch',
      'secret',
      'moved-tls',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"data":{"dhparam.pem":"eA=="}}',
    );
    await kubectl('annotate', 'secret', 'moved-tls', '-n', namespace, 'evercert.dev/adopt=true');

    const [asked, theirSecret] = [await orders(), await secretOf('moved')];
    await apply(world.certificate('moved'));
    const { status } = await world.until('moved', 'to wait for cert-manager', (one) => says(one, 'Stalled', 'True'));
    assert.equal(status?.conditions?.find(({ type }) => type === 'Stalled')?.reason, 'AdoptionWaits');
    assert.deepEqual(await secretOf('moved'), theirSecret);

    await kubectl('delete', 'certificate.cert-manager.io', 'moved', '-n', namespace, '--cascade=orphan');
    // Else it is looked at within a minute.
    await kubectl('annotate', 'evcert', 'moved', '-n', namespace, 'example.com/look=now');
    await world.until('moved', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    const { metadata, data } = await secretOf('moved');
    assert.equal(await orders(), asked);
    assert.equal(metadata.uid, theirSecret.metadata.uid);
    assert.deepEqual(metadata.ownerReferences ?? [], []);
    const { 'ca.crt': _, ...others } = theirSecret.data ?? {};
    assert.deepEqual(data, others);
    assert.equal(metadata.labels?.['controller.cert-manager.io/fao'], 'true', 'what others put there stays');
  });

  test('loses the owner reference of a cert-manager that is gone, in the same go as its ca.crt', async () => {
    const { chain, key } = await pairFor(['left.test'], { from });
    const secret = asTheyWriteIt({ chain, key, uid: '7f0c4a0e-0000-4000-8000-000000000000' }, 'left');
    // Where the garbage collector runs it would take an object whose owner it cannot find.
    const metadata = { ...secret.metadata, ownerReferences: [], annotations: { 'evercert.dev/adopt': 'true' } };
    await world.client.apply<KubeObject>(
      secrets,
      { ...secret, metadata },
      { manager: 'cert-manager-certificates-issuing', force: true },
    );
    await apply(world.certificate('left'));
    await world.until('left', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    assert.equal((await secretOf('left')).data?.['ca.crt'], undefined);
  });

  test('that is of type Opaque stays so, and an immutable one is refused with what to do', async () => {
    const { chain, key } = await pairFor(['opaque.test'], { from });
    const opaque = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      data: { 'tls.crt': base64(chain), 'tls.key': base64(key) },
    };
    const annotations = { 'evercert.dev/adopt': 'true' };
    await apply(
      { ...opaque, metadata: { name: 'opaque-tls', namespace, annotations } },
      { ...opaque, immutable: true, metadata: { name: 'fixed-tls', namespace, annotations } },
      world.certificate('opaque'),
      world.certificate('fixed', { dnsNames: ['opaque.test'] }),
    );
    await world.until('opaque', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    assert.equal((await secretOf('opaque')).type, 'Opaque');
    const { status } = await world.until('fixed', 'to be refused', (one) => says(one, 'Stalled', 'True'));
    assert.match(status?.conditions?.find(({ type }) => type === 'Stalled')?.message ?? '', /is immutable.*delete it/);
  });

  test('gives its label and its encoding back as the spec has it, and keeps what others wrote', async () => {
    await apply(
      world.certificate('opaque', { secretTemplate: { labels: { team: 'web' } }, privateKey: { encoding: 'PKCS1' } }),
    );
    await world.until('opaque', 'to be settled', (one) => one.status?.observedGeneration === 2);
    const first = await secretOf('opaque');
    assert.equal(first.metadata.labels?.['team'], 'web');
    assert.match(Buffer.from(first.data?.['tls.key'] ?? '', 'base64').toString(), /^-----BEGIN EC PRIVATE KEY-----/);
    await kubectl('label', 'secret', 'opaque-tls', '-n', namespace, 'theirs=yes');
    await apply(world.certificate('opaque'));
    await world.until('opaque', 'to be settled', (one) => one.status?.observedGeneration === 3);
    const { labels } = (await secretOf('opaque')).metadata;
    assert.deepEqual([labels?.['team'], labels?.['theirs']], [undefined, 'yes']);
  });
});

function asTheyWriteIt(held: { chain: string; key: string; uid: string }, name = 'moved') {
  const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name, uid: held.uid, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: {
      name: `${name}-tls`,
      namespace,
      labels: { 'controller.cert-manager.io/fao': 'true' },
      annotations: {
        'cert-manager.io/alt-names': `${name}.test`,
        'cert-manager.io/certificate-name': name,
        'cert-manager.io/common-name': '',
        'cert-manager.io/issuer-kind': 'ClusterIssuer',
        'cert-manager.io/issuer-name': 'adoption',
      },
      ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
    },
    data: { 'tls.crt': base64(held.chain), 'tls.key': base64(held.key), 'ca.crt': base64('theirs') },
  };
}
