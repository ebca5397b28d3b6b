/** What the number of names costs, on a real node. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { apply } from '../kit/inside.ts';
import { described, removeNamespace, World } from './world.ts';

const namespace = 'names';
const single = `${namespace}/single`;
const hundred = `${namespace}/hundred`;
/** What follows upon Ready, such as the reload controller's look at it, comes within this. */
const settledMs = 2_000;

let world: World;

before(async () => {
  world = await World.open();
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

after(async () => {
  await removeNamespace(namespace);
  await world[Symbol.asyncDispose]();
});

/** What our accounts wrote while something was done, Events apart: one line a write. */
async function writesOf(work: () => Promise<unknown>): Promise<string[]> {
  const mark = await world.mark();
  await work();
  await pause(settledMs);
  return described((await world.ownWritesSince(mark)).filter(({ resource }) => resource !== 'events'));
}

async function renewed(key: string): Promise<void> {
  const { revision = 0 } = world.certificate(key).status ?? {};
  await world.askForRenewal(key);
  await world.until(key, { is: ({ status }) => status?.revision === revision + 1, what: 'to be renewed' });
}

describe('a Certificate with a hundred names', () => {
  const dnsNames = Array.from({ length: 100 }, (_, index) => `n${index}.hundred.example`);

  test('is issued with no more object writes than one with a single name', async () => {
    const one = await writesOf(() => world.issued(single, { dnsNames: ['single.example'] }));
    const many = await writesOf(() => world.issued(hundred, { dnsNames }));
    assert.ok(many.length <= one.length, `${many.join('; ')} in place of ${one.join('; ')}`);
    assert.equal(world.certificate(hundred).status?.revision, 1);
  });

  test('is renewed by four object writes', async () => {
    const writes = await writesOf(() => renewed(hundred));
    const archive = `secrets evercert-archive-${world.certificate(hundred).metadata.uid}`;
    const status = 'certificates/status hundred';
    assert.deepEqual(writes, [archive, status, 'secrets hundred-tls', status]);
  });
});
