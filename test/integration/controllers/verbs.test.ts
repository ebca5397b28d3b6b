/**
 * What users ask for by annotation, and what becomes of a Secret with its Certificate, at a real API server and Pebble. Run by
 * `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { says } from '../../kit/certificates.ts';
import { apply, kubectl } from '../../kit/inside.ts';
import { within } from '../../kit/until.ts';
import { IssuingWorld } from './issuing-world.ts';

const namespace = 'verbs';

describe('a verb', () => {
  let world: IssuingWorld;

  before(async () => {
    world = await IssuingWorld.start({ issuer: 'verbs', namespace });
  });

  after(() => world[Symbol.asyncDispose]());

  async function issued(name: string, spec: object = {}): Promise<{ fingerprint: string; key: string | undefined }> {
    await apply(world.certificate(name, spec));
    const { status } = await world.until(name, 'to be Ready', (one) => says(one, 'Ready', 'True'));
    return { fingerprint: status?.fingerprint ?? '', key: (await world.secretOf(name))?.data?.['tls.key'] };
  }

  async function annotate(name: string, annotation: string, value: string): Promise<void> {
    await kubectl('annotate', 'evcert', name, '-n', namespace, '--overwrite', `evercert.dev/${annotation}=${value}`);
  }

  test('puts an earlier certificate back, under a revision of its own, and places no order for it', async () => {
    const first = await issued('back');
    await annotate('back', 'renew', new Date().toISOString());
    const renewed = await world.until('back', 'to be renewed', ({ status }) => status?.revision === 2);
    assert.deepEqual(
      renewed.status?.history?.map(({ fingerprint }) => fingerprint),
      [first.fingerprint],
    );
    const orders = await world.evercert.acmeRequests('newOrder"');
    const spelled = (first.fingerprint.match(/../g) ?? []).join(':').toUpperCase();
    await annotate('back', 'rollback', spelled);
    const back = await world.until('back', 'to be rolled back', (one) => says(one, 'RolledBack', 'True'));
    assert.deepEqual([back.status?.fingerprint, back.status?.revision], [first.fingerprint, 3]);
    const data = (await world.secretOf('back'))?.data ?? {};
    assert.equal(data['tls.key'], first.key);
    const leaf = new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
    assert.equal(leaf.fingerprint256, spelled);
    assert.equal(await world.evercert.acmeRequests('newOrder"'), orders);
  });

  test('revokes a certificate whose key is known at once, and replaces it and the key that was to stay', async () => {
    const first = await issued('known', { privateKey: { rotationPolicy: 'Never' } });
    await annotate('known', 'revoke', `${first.fingerprint}=keyCompromise`);
    const done = await world.until(
      'known',
      'to be revoked and replaced',
      (one) => says(one, 'Revoked', 'True') && one.status?.revision === 2 && says(one, 'Ready', 'True'),
    );
    assert.deepEqual(
      done.status?.history?.map(({ fingerprint, revoked }) => [fingerprint, revoked]),
      [[first.fingerprint, true]],
    );
    assert.notEqual((await world.secretOf('known'))?.data?.['tls.key'], first.key);
    assert.equal(await world.evercert.acmeRequests('revokeCert"'), 1);

    await annotate('known', 'rollback', first.fingerprint);
    const refused = await world.until('known', 'to refuse it', (one) => says(one, 'RolledBack', 'False'));
    const message = refused.status?.conditions?.find(({ type }) => type === 'RolledBack')?.message;
    assert.match(message ?? '', /it is revoked/);
  });

  test('that names a certificate of another object does nothing, and says so', async () => {
    const { fingerprint } = await issued('other');
    await annotate('other', 'revoke', 'ab'.repeat(32));
    await world.until('other', 'to refuse it', (one) => says(one, 'Revoked', 'False'));
    await annotate('other', 'rollback', 'the last one');
    const told = await world.until('other', 'to say what it cannot read', (one) =>
      says(one, 'AnnotationInvalid', 'True'),
    );
    assert.equal(told.status?.fingerprint, fingerprint);
    assert.equal(says(told, 'Ready', 'True'), true);
  });

  test('has a temporary certificate stored before there is an issuer, so that a server can start', async () => {
    const annotations = { 'evercert.dev/issue-temporary-certificate': 'true' };
    const issuerRef = { kind: 'ClusterIssuer', name: 'absent' };
    await apply(world.certificate('early', { issuerRef }, annotations));
    const early = await world.until('early', 'to say that it is temporary', (one) => says(one, 'Issuing', 'False'));
    assert.equal(early.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'TemporaryCertificate');
    const data = (await world.secretOf('early'))?.data ?? {};
    const leaf = new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
    assert.equal(leaf.subjectAltName, 'DNS:early.test');
    assert.equal(leaf.verify(leaf.publicKey), true);
  });

  test('a Secret comes to belong to its Certificate, and no longer, as deletionPolicy says', async () => {
    await issued('kept');
    const owners = async (): Promise<number> => (await world.secretOf('kept'))?.metadata.ownerReferences?.length ?? 0;
    for (const [deletionPolicy, count] of [
      ['Delete', 1],
      ['Retain', 0],
    ] as const) {
      await apply(world.certificate('kept', { deletionPolicy }));
      await within(20_000, `the Secret has ${count} owners`, async () => (await owners()) === count);
    }
  });
});
