/** The manifests that users copy, applied as they are; `site.test.ts` does it for `examples/embedded`. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kubectl } from '../kit/inside.ts';
import { World } from './world.ts';

const folder = 'examples/letsencrypt/';
let world: World;

before(async () => {
  world = await World.open();
});

after(async () => {
  await kubectl('delete', '--ignore-not-found', '-f', folder);
  await world[Symbol.asyncDispose]();
});

describe('examples', () => {
  test('are these, and each is applied by a test', async () => {
    const examples = resolve(import.meta.dirname, '../../examples');
    assert.deepEqual((await readdir(examples)).toSorted(), ['embedded', 'letsencrypt']);
  });

  test("for Let's Encrypt are accepted, and say what they wait for where it cannot be reached", async () => {
    const orders = await world.orders();
    const applied = await kubectl('apply', '-f', folder);
    assert.deepEqual(applied.split('\n').toSorted(), [
      'certificate.evercert.dev/shop created',
      'clusterissuer.evercert.dev/letsencrypt created',
      'clusterissuer.evercert.dev/letsencrypt-staging created',
    ]);
    const ready = (reason: string): string =>
      `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`;
    const issuers = ['clusterissuer/letsencrypt', 'clusterissuer/letsencrypt-staging'];
    await kubectl('wait', ...issuers, ready('DirectoryUnavailable'), '--timeout=30s');
    await kubectl('wait', 'evcert/shop', ready('IssuerNotReady'), '--timeout=30s');
    assert.equal(await world.orders(), orders);
  });
});
