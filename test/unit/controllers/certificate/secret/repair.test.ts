import assert from 'node:assert/strict';
import { before as beforeAll, describe, test } from 'node:test';
import { AcmeError } from '../../../../../src/acme/index.ts';
import { annotations } from '../../../../../src/api/index.ts';
import { base64, type Secret, textOf } from '../../../../../src/controllers/certificate/secret/secret.ts';
import { secrets } from '../../../../../src/kube/index.ts';
import { pairFor } from '../../../../kit/pair.ts';
import { minute, one, second } from '../hostile.ts';
import { shopSecret, World } from '../memory/world.ts';

interface Foreign {
  readonly key: string;
  readonly pair: Record<string, string>;
}

let other: Foreign;
let same: Foreign;
beforeAll(async () => {
  other = await foreign('other.example');
  same = await foreign('shop.example');
});

async function foreign(name: string): Promise<Foreign> {
  const { chain, key } = await pairFor([name]);
  const pair = { 'tls.crt': base64(chain), 'tls.key': base64(key) };
  return { key: pair['tls.key'], pair };
}

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
    const { labels, annotations: notes } = held(world).metadata;
    assert.deepEqual([labels?.['team'], labels?.['tier'], notes?.['note']], ['shop', undefined, 'x']);
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
    assert.deepEqual(held(world).metadata.annotations, before.metadata.annotations, 'it is the version that it was');
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

describe('the certificate controller and a Secret that has lost its certificate', () => {
  const losses: readonly (readonly [what: string, lose: (world: World) => void])[] = [
    ['is deleted', (world) => world.cluster.delete(secrets, shopSecret)],
    ['is emptied', (world) => edit(world, (secret) => ({ ...secret, data: {} }))],
    [
      'has another key',
      (world) => edit(world, (secret) => ({ ...secret, data: { ...secret.data, 'tls.key': other.key } })),
    ],
    ['has another pair for other names', (world) => edit(world, (secret) => ({ ...secret, data: other.pair }))],
    ['has another pair for the same names', (world) => edit(world, (secret) => ({ ...secret, data: same.pair }))],
  ];
  for (const [what, lose] of losses) {
    test(`that ${what} gets it back from the CA by its archived key, without an order`, async () => {
      const world = await atRest();
      const before = held(world);
      lose(world);
      await world.advance(10 * second);
      assert.deepEqual(held(world).data, before.data);
      assert.equal(held(world).metadata.annotations?.[annotations.revision], '1');
      assert.deepEqual(
        world.calls.filter((call) => call !== statusWrite),
        ['certificate', write],
      );
      assert.deepEqual(
        world.events.slice(-1).map(({ reason }) => reason),
        ['SecretRestored'],
      );
      assert.equal(world.condition('Ready'), 'True Issued');
    });

    test(`that ${what} during a renewal gets it back from the archive, and the renewal goes on`, async () => {
      const world = await atRest();
      const before = held(world);
      world.happened = (call) => {
        if (call !== 'newOrder') return;
        world.happened = () => {};
        lose(world);
      };
      const seen: string[] = [];
      world.cluster.cache({ resource: secrets, project: (object) => object }).onChange(({ key, after }) => {
        if (key === 'web/shop-tls' && after !== undefined) seen.push(textOf(after, 'tls.crt'));
      });
      world.renew();
      await world.advance(20 * second);
      assert.ok(seen.includes(textOf(before, 'tls.crt')), 'it was put back');
      assert.equal(world.certificate.status.revision, 2);
      assert.equal(world.ca.certificates.length, 2);
      assert.equal(world.condition('Ready'), 'True Issued');
    });
  }

  test('is as old as before where nobody can have read another pair from it', async () => {
    const world = await atRest();
    const before = held(world);
    world.cluster.delete(secrets, shopSecret);
    await world.advance(10 * second);
    assert.deepEqual(held(world).metadata.annotations, before.metadata.annotations);
    edit(world, (secret) => ({ ...secret, data: same.pair }));
    await world.advance(10 * second);
    assert.notDeepEqual(held(world).metadata.annotations, before.metadata.annotations);
  });

  test('does not ask for it again that was asked for and fulfilled by annotation', async () => {
    const world = await atRest();
    world.renew();
    await world.advance(10 * second);
    world.calls.length = 0;
    world.cluster.delete(secrets, shopSecret);
    await world.advance(10 * second);
    assert.deepEqual(world.calls, ['certificate', write]);
  });

  test('orders one where the CA does not give the certificate any more', async () => {
    const world = await atRest();
    world.carry = async (call, send) => {
      if (call === 'certificate' && world.ca.certificates.length === 1) {
        throw new AcmeError({ type: 'malformed', detail: 'there is no such certificate' });
      }
      return send();
    };
    world.cluster.delete(secrets, shopSecret);
    await world.advance(20 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.ca.certificates.length, 2);
  });

  test('asks nobody but the CA of the issuer for it', async () => {
    const world = await atRest();
    edit(world, (secret) => {
      const noted = { ...secret.metadata.annotations, 'evercert.dev/certificate-url': 'https://10.0.0.1/secrets' };
      return { ...secret, metadata: { ...secret.metadata, annotations: noted } };
    });
    world.apply(one, { renewBefore: '240h' });
    await world.advance(10 * second);
    world.calls.length = 0;
    world.cluster.delete(secrets, shopSecret);
    await world.advance(20 * second);
    assert.equal(world.calls.filter((call) => call === 'newOrder').length, 1);
    assert.equal(world.condition('Ready'), 'True Issued');
  });

  test('moves it to another Secret without an order', async () => {
    const world = await atRest();
    const before = held(world);
    world.apply(one, { secretName: 'other-tls' });
    await world.advance(10 * second);
    const moved = world.cluster.peek(secrets, { ...shopSecret, name: 'other-tls' });
    assert.ok(moved !== undefined);
    assert.equal(textOf(moved as Secret, 'tls.crt'), textOf(before, 'tls.crt'));
    assert.deepEqual(held(world), before, 'the old one stays');
    assert.equal(world.calls.filter((call) => call === 'newOrder').length, 0);
  });

  test('leaves it alone where somebody deletes it each time, and orders nothing for it', async () => {
    const world = await atRest();
    world.happened = (call) => {
      if (call === write) queueMicrotask(() => world.cluster.delete(secrets, shopSecret));
    };
    world.cluster.delete(secrets, shopSecret);
    await world.advance(30 * minute);
    assert.equal(world.calls.filter((call) => call === write).length, 5);
    assert.equal(world.calls.filter((call) => call === 'newOrder').length, 0);
    assert.equal(world.condition('Ready'), 'False SecretContested');
    assert.match(
      world.certificate.status.conditions?.[0]?.message ?? '',
      /^Somebody keeps deleting the Secret shop-tls\./,
    );
  });
});
