import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Secret, textOf } from '../../../../src/controllers/certificate/secret.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { minute, one, second } from './hostile.ts';
import { shopSecret, World } from './memory/world.ts';

const write = 'apply secrets web/shop-tls';
/** Of another generation of the spec, which it tells that it has observed. */
const statusWrite = 'apply certificates web/shop/status';

/** A Certificate at rest; what was written and asked of the CA until then is forgotten. */
async function atRest(spec: Parameters<World['apply']>[1] = {}): Promise<World> {
  const world = await World.make();
  world.apply(one, spec);
  world.start();
  await world.advance(10 * second);
  assert.equal(world.condition('Ready'), 'True Issued');
  world.calls.length = 0;
  return world;
}

function held(world: World): Secret {
  const secret = world.cluster.peek(secrets, shopSecret);
  assert.ok(secret !== undefined);
  return secret as Secret;
}

/** What somebody else makes of the Secret. */
function edit(world: World, change: (secret: Secret) => Secret): void {
  world.cluster.put(secrets, change(held(world)));
}

const labelled = (secret: Secret, labels: Record<string, string>): Secret => ({
  ...secret,
  metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, ...labels } },
});

describe('the certificate controller and a Secret that is not as the spec asks', () => {
  test('writes a changed template in one write, and takes away what the template no longer has', async () => {
    const world = await atRest({ secretTemplate: { labels: { team: 'web', tier: 'front' } } });
    world.apply(one, { secretTemplate: { labels: { team: 'shop' }, annotations: { note: 'x' } } });
    await world.advance(10 * second);
    const { labels, annotations } = held(world).metadata;
    assert.deepEqual([labels?.['team'], labels?.['tier'], annotations?.['note']], ['shop', undefined, 'x']);
    assert.deepEqual(world.calls, [write, statusWrite]);
    assert.deepEqual(world.invariants.broken, []);
  });

  test('encodes the key anew, the same key, without an order', async () => {
    const world = await atRest();
    const before = held(world);
    world.apply(one, { privateKey: { encoding: 'PKCS1' } });
    await world.advance(10 * second);
    assert.match(textOf(held(world), 'tls.key'), /^-----BEGIN EC PRIVATE KEY-----/);
    assert.equal(textOf(held(world), 'tls.crt'), textOf(before, 'tls.crt'));
    const { annotations } = held(world).metadata;
    assert.deepEqual(annotations, before.metadata.annotations, 'it is the version that it was');
    assert.deepEqual(world.calls, [write, statusWrite]);
  });

  test('keeps the encoding that the Secret has where the spec asks for none', async () => {
    const world = await atRest({ privateKey: { encoding: 'PKCS1' } });
    world.apply(one);
    world.renew();
    await world.advance(10 * second);
    assert.match(textOf(held(world), 'tls.key'), /^-----BEGIN EC PRIVATE KEY-----/);
  });

  test('puts back what somebody changed', async () => {
    const world = await atRest({ secretTemplate: { labels: { team: 'web' } } });
    edit(world, (secret) => labelled(secret, { team: 'theirs' }));
    await world.advance(second);
    assert.equal(held(world).metadata.labels?.['team'], 'web');
    assert.deepEqual(world.calls, [write]);
  });

  test('leaves labels, annotations and keys of others as they are', async () => {
    const world = await atRest();
    edit(world, (secret) => ({
      ...labelled(secret, { theirs: 'yes' }),
      data: { ...secret.data, 'ca.crt': 'dGhlaXJz', 'dhparam.pem': 'dGhlaXJz' },
    }));
    await world.advance(10 * minute);
    assert.deepEqual(world.calls, []);
  });

  test('stops where somebody changes it back each time, says who, and tries again after an hour', async () => {
    const world = await atRest({ secretTemplate: { labels: { team: 'web' } } });
    let quarrels = true;
    const theirs = { manager: 'gitops', operation: 'Update', fieldsV1: { 'f:metadata': {} } };
    const change = (): void =>
      edit(world, (secret) => {
        const { managedFields = [], ...metadata } = secret.metadata;
        return labelled(
          { ...secret, metadata: { ...metadata, managedFields: [...managedFields, theirs] } },
          { team: 'theirs' },
        );
      });
    world.happened = (call) => {
      if (call === write && quarrels) queueMicrotask(change);
    };
    change();
    await world.advance(30 * minute);
    assert.equal(world.calls.filter((call) => call === write).length, 5);
    assert.equal(world.condition('Stalled'), 'True SecretContested');
    assert.equal(world.condition('Ready'), 'True Issued');
    const stalled = world.certificate.status.conditions?.find(({ type }) => type === 'Stalled');
    assert.match(stalled?.message ?? '', /^The field manager gitops keeps changing the Secret shop-tls \(label team\)/);
    quarrels = false;
    await world.advance(60 * minute);
    assert.equal(held(world).metadata.labels?.['team'], 'web');
    assert.equal(world.condition('Stalled'), 'absent');
    assert.equal(world.calls.filter((call) => call === 'newOrder').length, 0);
  });
});
