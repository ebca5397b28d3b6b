import assert from 'node:assert/strict';
import { before as beforeAll, describe, test } from 'node:test';
import { labels } from '../../../../../src/api/index.ts';
import { base64, type Secret, textOf } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { type Resource, secrets } from '../../../../../src/kube/index.ts';
import { encodeKey } from '../../../../../src/pki/index.ts';
import { pairFor } from '../../../../kit/pair.ts';
import { minute, one, second, two } from '../hostile.ts';
import { shop, shopSecret, World } from '../memory/world.ts';

const theirCertificates: Resource = {
  group: 'cert-manager.io',
  version: 'v1',
  plural: 'certificates',
  kind: 'Certificate',
  namespaced: true,
};
const adopt = { 'evercert.dev/adopt': 'true' };
const write = 'apply secrets web/shop-tls';
const take = 'patch secrets web/shop-tls';

let pair: { chain: string; key: string };
beforeAll(async () => {
  pair = await pairFor(one);
});

interface Found extends Omit<Partial<Secret>, 'metadata'> {
  readonly metadata?: Omit<Secret['metadata'], 'name'>;
}

/** A Secret as others made it, with a good pair for the names of the spec. */
function found(world: World, { metadata, data, ...rest }: Found = {}): void {
  world.cluster.put(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    ...rest,
    metadata: { ...shopSecret, ...metadata },
    data: { 'tls.crt': base64(pair.chain), 'tls.key': base64(encodeKey(pair.key, 'PKCS1')), ...data },
  });
}

function held(world: World): Secret {
  const secret = world.cluster.peek(secrets, shopSecret);
  assert.ok(secret !== undefined);
  return secret as Secret;
}

/** What was written and asked of the CA, but for what is told in the status, and when it would like to renew. */
function callsOf(world: World): string[] {
  return world.calls.filter((call) => !call.endsWith('/status') && call !== 'renewalInfo');
}

async function started(make: (world: World) => void, names = one): Promise<World> {
  const world = await World.make();
  make(world);
  world.apply(names);
  world.start();
  await world.advance(10 * second);
  return world;
}

describe('the certificate controller and a Secret that others made', () => {
  test("writes nothing to it without its owner's consent", async () => {
    const world = await started((fresh) => found(fresh));
    const before = held(world);
    await world.advance(90 * minute);
    assert.deepEqual(held(world), before);
    assert.equal(world.condition('Stalled'), 'True SecretNotOwned');
    assert.deepEqual(callsOf(world), []);
  });

  test('takes it over in one write and without an order where it satisfies the spec', async () => {
    const world = await started((fresh) => found(fresh, { metadata: { annotations: adopt } }));
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual(callsOf(world), [write]);
    assert.deepEqual(
      world.events.map(({ reason }) => reason),
      ['SecretAdopted'],
    );
    assert.equal(textOf(held(world), 'tls.crt'), pair.chain);
    assert.equal(held(world).metadata.labels?.[labels.certificateUID], world.certificate.uid);
    await world.advance(10 * minute);
    assert.deepEqual(callsOf(world), [write], 'and then rests');
  });

  test('leaves the key in its encoding, the type, and whatever else is in it', async () => {
    const others = { 'dhparam.pem': 'dGhlaXJz' };
    const world = await started((fresh) =>
      found(fresh, { type: 'Opaque', metadata: { annotations: adopt }, data: others }),
    );
    const { type, data } = held(world);
    assert.match(textOf(held(world), 'tls.key'), /^-----BEGIN EC PRIVATE KEY-----/);
    assert.deepEqual([type, data?.['dhparam.pem']], ['Opaque', 'dGhlaXJz']);
  });

  test('keeps an RSA key where the spec says nothing of the key', async () => {
    const rsa = await pairFor(one, { key: { algorithm: 'RSA', size: 2048 } });
    const data = { 'tls.crt': base64(rsa.chain), 'tls.key': base64(rsa.key) };
    const world = await started((fresh) => found(fresh, { metadata: { annotations: adopt }, data }));
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.calls.includes('newOrder'), false);
  });

  test('takes a ca.crt and the owner reference of cert-manager away before it takes the Secret over', async () => {
    const theirs = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      name: 'shop',
      uid: 'theirs',
      controller: true,
    };
    const other = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', uid: 'other' };
    const metadata = { annotations: adopt, ownerReferences: [theirs, other] };
    const world = await started((fresh) => found(fresh, { metadata, data: { 'ca.crt': 'b2xk' } }));
    assert.deepEqual(callsOf(world), [take, write]);
    assert.deepEqual(held(world).metadata.ownerReferences, [other]);
    assert.equal(held(world).data?.['ca.crt'], undefined);
    assert.equal(world.condition('Ready'), 'True Issued');
  });

  test('waits while cert-manager has a Certificate that writes it, and says how to keep the Secret', async () => {
    const annotations = { ...adopt, 'cert-manager.io/certificate-name': 'shop' };
    const theirs = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { ...shop },
      spec: { secretName: 'shop-tls' },
    };
    const world = await started((fresh) => {
      fresh.cluster.put(theirCertificates, theirs);
      found(fresh, { metadata: { annotations } });
    });
    assert.equal(world.condition('Stalled'), 'True AdoptionWaits');
    const stalled = world.certificate.status.conditions?.find(({ type }) => type === 'Stalled');
    assert.match(stalled?.message ?? '', /kubectl delete certificate\.cert-manager\.io -n web shop --cascade=orphan/);
    assert.deepEqual(callsOf(world), []);
    world.cluster.delete(theirCertificates, shop);
    await world.advance(2 * minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.calls.includes('newOrder'), false);
  });

  test('orders one certificate for a Secret whose certificate does not satisfy the spec', async () => {
    const world = await started((fresh) => found(fresh, { metadata: { annotations: adopt } }), two);
    await world.advance(20 * second);
    assert.equal(world.ca.certificates.length, 1);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(held(world).metadata.annotations?.['evercert.dev/revision'], '1');
  });

  const refused: readonly (readonly [what: string, secret: Found, sentence: RegExp])[] = [
    ['immutable', { immutable: true }, /is immutable.*kubectl delete secret -n web shop-tls/],
    [
      'of another type',
      { type: 'example.com/pair' },
      /is of type example\.com\/pair.*Give spec\.secretName another name/,
    ],
  ];
  for (const [what, secret, sentence] of refused) {
    test(`refuses one that is ${what}, and says what to do`, async () => {
      const world = await started((fresh) => found(fresh, { ...secret, metadata: { annotations: adopt } }));
      assert.equal(world.condition('Stalled'), 'True SecretNotOwned');
      assert.match(world.certificate.status.conditions?.[0]?.message ?? '', sentence);
      assert.deepEqual(callsOf(world), []);
    });
  }
});
