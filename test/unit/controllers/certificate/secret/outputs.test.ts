import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { before as beforeAll, describe, test } from 'node:test';
import { type Outputs, outputsOf, type Pair } from '../../../../../src/controllers/certificate/secret/outputs.ts';
import { base64, type Secret } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { secrets } from '../../../../../src/kube/index.ts';
import { encodeKey, readChain } from '../../../../../src/pki/index.ts';
import { pairFor } from '../../../../kit/pair.ts';
import { minute, one, second } from '../hostile.ts';
import { shopSecret, World } from '../memory/world.ts';

const nothing: Outputs = { data: {}, annotations: {} };

let pair: Pair;
beforeAll(async () => {
  const { chain, key } = await pairFor(one, { withRoot: true });
  pair = { chainPem: chain, keyPem: key, rootPem: readChain(chain).rootPem };
});

describe('what a Secret holds beside its pair', () => {
  test('is nothing where the spec asks for nothing, but for the root where the chain has it', () => {
    const made = outputsOf({}, { ...pair, rootPem: undefined }, { passwords: {}, held: nothing });
    assert.deepEqual(made, nothing);
    const { data } = outputsOf({}, pair, { passwords: {}, held: nothing });
    assert.deepEqual(Object.keys(data), ['ca.crt']);
  });

  test('is the key and then the chain in one file, and the key in DER, as cert-manager has them', () => {
    const additionalOutputFormats = [{ type: 'CombinedPEM' }, { type: 'DER' }];
    const keyPem = encodeKey(pair.keyPem, 'PKCS1');
    const { data } = outputsOf({ additionalOutputFormats }, { ...pair, keyPem }, { passwords: {}, held: nothing });
    assert.equal(data['tls-combined.pem'], base64(`${keyPem}\n${pair.chainPem}`));
    const der = createPrivateKey(keyPem).export({ type: 'sec1', format: 'der' });
    assert.equal(data['key.der'], der.toString('base64'));
  });

  const keystores = { jks: { create: true }, pkcs12: { create: true, profile: 'Modern2023' } };
  const passwords = { jks: 'changeit', pkcs12: 'changeit' };

  test('is a keystore and a truststore of each kind', () => {
    const { data, annotations } = outputsOf({ keystores }, pair, { passwords, held: nothing });
    const names = ['ca.crt', 'keystore.jks', 'keystore.p12', 'truststore.jks', 'truststore.p12'];
    assert.deepEqual(Object.keys(data).toSorted(), names);
    assert.deepEqual(Object.keys(annotations), ['evercert.dev/keystores']);
  });

  test('stays as it was made, by whatever means, while it is of the same; and is made anew where it is not', () => {
    const held = outputsOf({ keystores }, pair, { passwords, held: nothing });
    assert.deepEqual(outputsOf({ keystores }, pair, { passwords, held }), held);
    const others = [
      outputsOf({ keystores }, pair, { passwords: { ...passwords, jks: 'changed' }, held }),
      outputsOf({ keystores: { ...keystores, jks: { create: true, alias: 'shop' } } }, pair, { passwords, held }),
      outputsOf({ keystores: { ...keystores, pkcs12: { create: true } } }, pair, { passwords, held }),
    ];
    for (const other of others) assert.notDeepEqual(other, held);
    const edited = { ...held, data: { ...held.data, 'keystore.jks': base64('theirs') } };
    assert.deepEqual(outputsOf({ keystores }, pair, { passwords, held: edited }), held);
  });
});

describe('the certificate controller and keystores', () => {
  const passwordSecretRef = { name: 'passwords', key: 'keystore' };
  const keystores = { pkcs12: { create: true, profile: 'Modern2023', passwordSecretRef } };

  function password(world: World, text: string): void {
    const metadata = { namespace: 'web', name: 'passwords' };
    world.cluster.put(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data: { keystore: base64(text) } });
  }

  function held(world: World): Secret {
    const secret = world.cluster.peek(secrets, shopSecret);
    assert.ok(secret !== undefined);
    return secret as Secret;
  }

  async function started(): Promise<World> {
    const world = await World.make();
    password(world, 'changeit');
    world.apply(one, { keystores });
    world.start();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    return world;
  }

  test('stores them with the certificate, in the same write, and rests', async () => {
    const world = await started();
    assert.ok(held(world).data?.['keystore.p12'] !== undefined);
    assert.equal(world.calls.filter((call) => call === 'apply secrets web/shop-tls').length, 1);
    world.calls.length = 0;
    await world.advance(3 * 60 * minute);
    assert.deepEqual(world.calls, []);
  });

  test('encrypts them anew within five minutes of another password, without an order', async () => {
    const world = await started();
    const before = held(world);
    world.calls.length = 0;
    password(world, 'changed');
    await world.advance(6 * minute);
    assert.notEqual(held(world).data?.['keystore.p12'], before.data?.['keystore.p12']);
    assert.equal(held(world).data?.['tls.crt'], before.data?.['tls.crt']);
    assert.deepEqual(world.calls, ['apply secrets web/shop-tls']);
  });

  const missing: readonly (readonly [what: string, lose: (world: World) => void, sentence: RegExp])[] = [
    [
      'a Secret with the password',
      (world) => world.cluster.delete(secrets, { namespace: 'web', name: 'passwords' }),
      /spec\.keystores\.pkcs12 cannot be read: there is no Secret passwords\. .*kubectl create secret generic -n web passwords/,
    ],
    ['a password in its Secret', (world) => password(world, ''), /the Secret passwords has no key keystore/],
  ];
  for (const [what, lose, sentence] of missing) {
    test(`says what is missing without ${what}, leaves the Secret as it is, and orders nothing`, async () => {
      const world = await started();
      const before = held(world);
      world.calls.length = 0;
      lose(world);
      world.renew();
      await world.advance(10 * minute);
      assert.equal(world.condition('Stalled'), 'True KeystorePasswordMissing');
      assert.equal(world.condition('Ready'), 'True Issued');
      assert.match(
        world.certificate.status.conditions?.find(({ type }) => type === 'Stalled')?.message ?? '',
        sentence,
      );
      assert.deepEqual(held(world), before);
      assert.equal(world.calls.includes('newOrder'), false);
      password(world, 'changeit');
      await world.advance(3 * minute);
      assert.equal(world.certificate.status.revision, 2);
    });
  }
});
