import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { countOf, hour, minute, one, second } from './hostile.ts';
import { World } from './memory/world.ts';

/** A CA that takes no request for some keys, and the keys that it was asked for, in turn. */
async function choosy(refusesKey: (key: Uint8Array) => boolean): Promise<{ world: World; keys: string[] }> {
  const keys: string[] = [];
  const asked = (key: Uint8Array): boolean => {
    keys.push(Buffer.from(key).toString('base64'));
    return refusesKey(key);
  };
  return { world: await World.make({ ca: { refusesKey: asked } }), keys };
}

const curveOf = (key: Uint8Array): string | undefined =>
  createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }).asymmetricKeyDetails?.namedCurve;

describe('the certificate controller and a CA that refuses the key', () => {
  test('says what to ask for, and asks once a day with another key', async () => {
    const { world, keys } = await choosy(() => true);
    world.apply(one);
    world.start();
    await world.advance(60 * hour);
    assert.equal(world.condition('Ready'), 'False KeyRefused');
    assert.equal(world.condition('Stalled'), 'True KeyRefused');
    assert.match(
      world.certificate.status.failure?.problem ?? '',
      /key type not supported \(badCSR\)\. Ask for a key of another kind by spec\.privateKey\.algorithm and size/,
    );
    assert.equal(countOf(world, 'newOrder'), 3);
    assert.equal(new Set(keys).size, 3);
  });

  test('issues at once when a key of another kind is asked for', async () => {
    const { world } = await choosy((key) => curveOf(key) === 'prime256v1');
    world.apply(one);
    world.start();
    await world.advance(5 * minute);
    world.apply(one, { privateKey: { algorithm: 'ECDSA', size: 384 } });
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.condition('Stalled'), 'absent');
    assert.equal(world.ca.orders.length, 2);
  });

  test('leaves a key that is to stay as it is, until a new one is asked for', async () => {
    let known = '';
    const { world, keys } = await choosy((key) => Buffer.from(key).toString('base64') === known);
    const never = { privateKey: { rotationPolicy: 'Never' } } as const;
    world.apply(one, never);
    world.start();
    await world.advance(minute);
    [known = ''] = keys;
    world.renew();
    await world.advance(30 * hour);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.condition('Stalled'), 'True KeyRefused');
    assert.deepEqual(keys, [known, known, known]);
    world.apply(one, { privateKey: { rotationPolicy: 'Always' } });
    await world.advance(10 * second);
    assert.equal(world.condition('Stalled'), 'absent');
    assert.equal(keys.length, 4);
    assert.notEqual(keys.at(-1), known);
    assert.equal(world.certificate.status.failure, undefined);
  });

  test('takes a new key at once where a renewal is asked for', async () => {
    let isPicky = true;
    const { world, keys } = await choosy(() => isPicky);
    world.apply(one);
    world.start();
    await world.advance(5 * minute);
    isPicky = false;
    world.renew();
    await world.advance(10 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(new Set(keys).size, 2);
  });
});
