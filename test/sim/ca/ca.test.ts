import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../src/acme/index.ts';
import { createCsr, jwkThumbprint } from '../../../src/pki/index.ts';
import { Customer, dns, http01, newKey, refusalOf } from '../../conformance/acme/customer.ts';
import { virtualClock } from '../../kit/clock.ts';
import { seededRandom } from '../../kit/random.ts';
import { SimulatedCa, strict } from './index.ts';
import { simulatedCa } from './under-test.ts';
import type { Serves } from './validation.ts';

describe('the simulated CA', () => {
  test('gives the same certificate to the same calls with the same keys, and another one for another seed', async () => {
    const [accountKey, leafKey] = [await newKey(), await newKey()];
    const csr = await createCsr({ names: ['shop.example'], keyPem: leafKey });
    const run = async (seed: number): Promise<string> => {
      const world = simulatedCa(strict, seed);
      const client = world.clientOf(accountKey);
      await client.createAccount({ contact: [], termsOfServiceAgreed: true });
      const order = await client.newOrder({ identifiers: [dns('shop.example')] });
      const challenge = http01(await client.authorization(order.authorizations[0] ?? ''));
      world.serve(challenge.token, { body: `${challenge.token}.${jwkThumbprint(accountKey)}` });
      await client.answer(challenge.url);
      await world.clock.advance(300);
      await client.finalize(order, csr);
      await world.clock.advance(300);
      const { certificate = '' } = await client.order(order.url);
      return (await client.certificate(certificate)).chain;
    };
    assert.equal(await run(1), await run(1));
    assert.notEqual(await run(1), await run(2));
  });

  test('has done what it was asked for by the time a call returns, before anybody waits for its answer', async () => {
    const world = simulatedCa(strict);
    const { client } = await Customer.at(world);
    const placed = client.newOrder({ identifiers: [dns('shop.example')] });
    assert.equal(world.ca.orders.length, 1);
    await placed;
  });

  test('counts what it is asked for, and remembers what became of each order', async () => {
    const world = simulatedCa(strict);
    const customer = await Customer.at(world);
    const { order, certID, chainPem } = await customer.buy({ identifiers: [dns('shop.example')] });
    const kinds = ['newAccount', 'newOrder', 'authorization', 'challenge', 'finalize', 'certificate', 'renewalInfo'];
    assert.deepEqual(
      kinds.map((kind) => world.ca.requests(kind)),
      [1, 1, 1, 1, 1, 1, 0],
    );
    assert.equal(world.ca.requests(), 6 + world.ca.requests('order'));
    const [kept] = world.ca.finalized;
    assert.ok(kept);
    assert.deepEqual([kept.url, kept.account.key.thumbprint], [order.url, jwkThumbprint(customer.keyPem)]);
    assert.deepEqual(
      kept.history.map(({ status, at }) => [status, at.getTime() - Date.parse('2026-06-01T00:00:00Z')]),
      [
        ['pending', 0],
        ['ready', 300],
        ['processing', 300],
        ['valid', 600],
      ],
    );
    assert.deepEqual(
      world.ca.certificates.map((certificate) => [certificate.certID, certificate.chains[0]]),
      [[certID, chainPem]],
    );
  });

  test('gives serial numbers of which none is negative, whatever its bytes', async () => {
    const customer = await Customer.at(simulatedCa(strict));
    const lengths = new Set<number>();
    for (let bought = 0; bought < 8; bought += 1) {
      const { certID, chain } = await customer.buy({ identifiers: [dns('shop.example')] });
      assert.match(chain.leaf.serialNumber, /^[0-9a-f]+$/);
      lengths.add(Buffer.from(certID.split('.')[1] ?? '', 'base64url').length);
    }
    assert.deepEqual(lengths, new Set([18, 19])); // with a leading zero and without
  });

  test('looks at what is served when it validates, not when it is told', async () => {
    const world = simulatedCa(strict);
    const customer = await Customer.at(world);
    const order = await customer.place(dns('shop.example'));
    const [authorization] = await customer.authorizations(order);
    assert.ok(authorization);
    const challenge = http01(authorization);
    world.serve(challenge.token, { body: customer.keyAuthorization(challenge) });
    await customer.client.answer(challenge.url);
    await customer.client.answer(challenge.url); // without effect, as at Let's Encrypt
    world.serve(challenge.token, undefined);
    assert.equal(http01(await customer.client.authorization(authorization.url)).status, 'processing');
    await world.clock.advance(300);
    assert.equal((await customer.client.order(order.url)).status, 'invalid');
    assert.equal(world.ca.failedValidations.length, 1);
  });

  const dnsProblem = { type: 'dns', detail: 'DNS problem: NXDOMAIN looking up A for shop.example', status: 400 };
  const answers: readonly { name: string; serves: Serves; type: string | undefined }[] = [
    { name: 'a promise of the answer', serves: async (_, token) => `${token}.thumbprint`, type: 'unauthorized' },
    { name: 'a promise of nothing', serves: async () => undefined, type: 'unauthorized' },
    { name: 'a broken promise', serves: () => Promise.reject(new Error('refused')), type: 'connection' },
    { name: 'a problem', serves: () => Promise.reject(new AcmeError(dnsProblem)), type: 'dns' },
  ];
  for (const { name, serves, type } of answers) {
    test(`takes ${name} for what it is`, async () => {
      const clock = virtualClock();
      const ca = new SimulatedCa({ clock, random: seededRandom(1), options: strict, serves });
      const client = ca.clientOf({ directoryUrl: 'https://ca.test/directory', keyPem: await newKey() });
      await client.createAccount({ contact: [], termsOfServiceAgreed: true });
      const order = await client.newOrder({ identifiers: [dns('shop.example')] });
      const [url = ''] = order.authorizations;
      await client.answer(http01(await client.authorization(url)).url);
      await clock.advance(300);
      assert.equal(http01(await client.authorization(url)).error?.type, type);
    });
  }

  test('does not give back an authorization that was deactivated while it validated', async () => {
    const world = simulatedCa(strict);
    const customer = await Customer.at(world);
    const order = await customer.place(dns('shop.example'));
    const [authorization] = await customer.authorizations(order);
    assert.ok(authorization);
    const challenge = http01(authorization);
    world.serve(challenge.token, { body: customer.keyAuthorization(challenge) });
    await customer.client.answer(challenge.url);
    world.ca.setAuthorization(authorization.url, 'deactivated');
    await world.clock.advance(300);
    assert.equal((await customer.client.authorization(authorization.url)).status, 'deactivated');
    assert.equal((await customer.client.order(order.url)).status, 'invalid');
  });

  test('asks for consent to new terms, on a page that it names', async () => {
    const world = simulatedCa(strict);
    const customer = await Customer.at(world);
    world.ca.setTerms('https://ca.test/terms/2');
    const problem = await refusalOf(customer.place(dns('shop.example')));
    assert.deepEqual(
      [problem.type, problem.status, problem.instance],
      ['userActionRequired', 403, 'https://ca.test/terms/2'],
    );
    world.ca.agree(customer.url);
    assert.equal((await customer.place(dns('shop.example'))).status, 'pending');
  });

  test('without renewal information tells no windows, and replaces nothing', async () => {
    const world = simulatedCa({ ...strict, renewalInfo: false });
    const customer = await Customer.at(world);
    assert.equal((await customer.client.directory()).renewalInfo, false);
    const { certID } = await customer.buy({ identifiers: [dns('shop.example')] });
    assert.equal(await customer.client.renewalInfo(certID), undefined);
    const order = await customer.client.newOrder({ identifiers: [dns('shop.example')], replaces: certID });
    assert.equal(order.replaces, undefined);
  });
});
