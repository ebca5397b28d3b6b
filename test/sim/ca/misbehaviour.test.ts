import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError, longestWaitMs } from '../../../src/acme/index.ts';
import { type Chain, ChainError } from '../../../src/pki/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { Customer, dns, http01, refused } from '../../conformance/acme/customer.ts';
import { failureOf } from '../../kit/failure.ts';
import { type Misbehaviour, strict } from './index.ts';
import { everyMisbehaviour } from './misbehaviour.ts';
import { type SimulatedCaUnderTest, simulatedCa } from './under-test.ts';

const identifiers = [dns('shop.example')];
const weekMs = 7 * 86_400_000;

/** A customer of a CA that misbehaves. */
async function at(how: Misbehaviour): Promise<SimulatedCaUnderTest & { readonly customer: Customer }> {
  const world = simulatedCa(strict);
  const customer = await Customer.at(world);
  world.ca.misbehave(how);
  return { ...world, customer };
}

describe('a simulated CA that misbehaves', () => {
  for (const how of everyMisbehaviour) {
    test(`is honest again after ${how}`, async () => {
      const { ca, customer } = await at(how);
      await customer.buy({ identifiers }).catch(() => {});
      ca.misbehave();
      const { chainPem } = await customer.buy({ identifiers });
      assert.deepEqual(ca.certificates.at(-1)?.chains[0], chainPem);
    });
  }

  const certified: readonly (readonly [
    how: Misbehaviour,
    isWrong: (leaf: Chain['leaf'], keyPem: string) => boolean,
  ])[] = [
    ['otherKey', (leaf, keyPem) => !leaf.hasKey(keyPem)],
    ['otherNames', ({ names }) => names.join() === 'bank.example'],
    ['expired', ({ notAfter }) => notAfter < new Date('2026-06-01T00:00:00Z')],
    ['notYetValid', ({ notBefore }) => notBefore > new Date('2026-06-20T00:00:00Z')],
  ];
  for (const [how, isWrong] of certified) {
    test(`by ${how} gives a chain that is wrong in nothing else, and that it has not issued`, async () => {
      const { ca, customer } = await at(how);
      const { chain, chainPem, keyPem } = await customer.buy({ identifiers });
      assert.deepEqual(
        certified.filter(([, isIt]) => isIt(chain.leaf, keyPem)).map(([name]) => name),
        [how],
      );
      assert.ok(isWrong(chain.leaf, keyPem));
      assert.equal(chain.brokenAt(), undefined);
      assert.equal(ca.certificates.length, 1);
      assert.ok(ca.certificates.every(({ chains }) => !chains.includes(chainPem)));
    });
  }

  const unread: readonly (readonly [
    how: Misbehaviour,
    error: typeof ChainError | typeof TransientError,
    says: RegExp,
  ])[] = [
    ['privateKey', ChainError, /PRIVATE KEY/],
    ['html', TransientError, /is no PEM/],
  ];
  for (const [how, error, says] of unread) {
    test(`by ${how} gives what is no chain`, async () => {
      const { customer } = await at(how);
      const failure = await failureOf(customer.buy({ identifiers }));
      assert.ok(failure instanceof error);
      assert.match(failure.message, says);
    });
  }

  test('makes an order for another name', async () => {
    const { customer } = await at('otherOrder');
    assert.deepEqual((await customer.place(...identifiers)).identifiers, [dns('bank.example')]);
  });

  test('changes the authorizations of an order, and their tokens', async () => {
    const { customer } = await at('otherAuthorizations');
    const placed = await customer.place(...identifiers);
    const shown = await customer.client.order(placed.url);
    assert.notDeepEqual(shown.authorizations, placed.authorizations);
    const [before, after] = [await customer.authorizations(placed), await customer.authorizations(shown)].map(
      ([authorization]) => authorization && http01(authorization).token,
    );
    assert.notEqual(before, after);
  });

  test('leaves an order processing that it has issued, and says when it wants to be asked again', async () => {
    for (const [how, retryAfterMs] of [
      ['processing', 0],
      ['processingForHours', 3_600_000],
    ] as const) {
      const { ca, clock, customer } = await at(how);
      const order = await customer.prove(await customer.place(...identifiers));
      const finalized = await customer.client.finalize(order, await customer.csr(order));
      await clock.advance(weekMs / 7);
      const shown = await customer.client.order(order.url);
      for (const { status, retryAfterMs: wait, certificate } of [finalized, shown]) {
        assert.deepEqual([status, wait, certificate], ['processing', retryAfterMs, undefined]);
      }
      assert.equal(ca.certificates.length, 1);
    }
  });

  test('invalidates an order that was ready', async () => {
    const { customer } = await at('invalid');
    const order = await customer.prove(await customer.place(...identifiers));
    assert.equal(order.status, 'ready');
    assert.equal(await refused(customer.client.finalize(order, await customer.csr(order))), '403 orderNotReady');
    assert.equal((await customer.client.order(order.url)).status, 'invalid');
  });

  test('refuses a signing request and keeps the order', async () => {
    const { customer } = await at('badCSR');
    const order = await customer.prove(await customer.place(...identifiers));
    assert.equal(await refused(customer.client.finalize(order, await customer.csr(order))), '400 badCSR');
    assert.equal((await customer.client.order(order.url)).status, 'ready');
  });

  test('refuses the nonce of the first request of each kind, and takes the second', async () => {
    const { ca, customer } = await at('badNonce');
    assert.ok((await failureOf(customer.place(...identifiers))) instanceof TransientError);
    assert.equal(ca.orders.length, 0);
    const order = await customer.place(...identifiers);
    const ready = await customer.prove(order);
    const csr = await customer.csr(ready);
    assert.ok((await failureOf(customer.client.finalize(ready, csr))) instanceof TransientError);
    assert.equal((await customer.client.finalize(ready, csr)).status, 'processing');
  });

  const limits: readonly (readonly [how: Misbehaviour, retryAfterMs: number | undefined])[] = [
    ['limitedForNoTime', 0],
    ['limitedForYears', longestWaitMs],
    ['limitedForNonsense', undefined],
  ];
  for (const [how, retryAfterMs] of limits) {
    test(`by ${how} refuses orders with the wait that src/acme reads of it`, async () => {
      const { customer } = await at(how);
      const error = await failureOf(customer.place(...identifiers));
      assert.ok(error instanceof AcmeError);
      assert.deepEqual([error.problem.type, error.retryAfterMs], ['rateLimited', retryAfterMs]);
    });
  }
});
