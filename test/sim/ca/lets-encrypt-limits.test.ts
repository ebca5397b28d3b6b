import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../src/acme/index.ts';
import { Customer, dns } from '../../conformance/acme/customer.ts';
import { failureOf } from '../../kit/failure.ts';
import { letsEncrypt } from './index.ts';
import { customerAt, fail } from './lets-encrypt-customer.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Buys the same certificate that many times. */
async function buyTimes(customer: Customer, times: number, ...names: readonly string[]): Promise<void> {
  for (let bought = 0; bought < times; bought += 1) await customer.buy({ identifiers: names.map(dns) });
}

/** Why the CA makes an order wait, and for how many milliseconds. */
async function limitOf(asked: Promise<unknown>): Promise<readonly [detail: string, retryAfterMs: number | undefined]> {
  const error = await failureOf(asked);
  assert.ok(error instanceof AcmeError);
  assert.equal(`${error.problem.status} ${error.problem.type}`, '429 rateLimited');
  return [error.problem.detail, error.retryAfterMs];
}

describe('at Let’s Encrypt, a limit', () => {
  test('lets five certificates a week through for the same names, and then one every 33.6 hours', async () => {
    const { world, customer } = await customerAt(letsEncrypt);
    await buyTimes(customer, 5, 'a.shop.example', 'b.shop.example');
    const [detail, retryAfterMs] = await limitOf(customer.place(dns('a.shop.example'), dns('b.shop.example')));
    assert.match(
      detail,
      /^too many certificates \(5\) already issued for this exact set of identifiers in the last 168h0m0s/,
    );
    assert.ok(retryAfterMs !== undefined && retryAfterMs > 33 * hour && retryAfterMs <= 33.6 * hour);
    await customer.buy({ identifiers: [dns('a.shop.example')] });
    await world.clock.advance(retryAfterMs);
    await buyTimes(customer, 1, 'a.shop.example', 'b.shop.example');
    await limitOf(customer.place(dns('a.shop.example'), dns('b.shop.example')));
  });

  test('does not count an order that replaces its predecessor in its window, but one before it', async () => {
    const { world, customer } = await customerAt(letsEncrypt);
    await buyTimes(customer, 4, 'a.example');
    const { certID } = await customer.buy({ identifiers: [dns('a.example')] });
    const request = { identifiers: [dns('a.example')], replaces: certID };
    await limitOf(customer.client.newOrder(request));
    const now = world.now().getTime();
    world.ca.setRenewalWindow(certID, { start: new Date(now - hour), end: new Date(now + hour) });
    assert.equal((await customer.buy(request)).order.replaces, certID);
    await limitOf(customer.place(dns('a.example')));
  });

  test('of 50 certificates for a domain does not stop renewals', async () => {
    const { customer } = await customerAt(letsEncrypt);
    for (let host = 0; host < 50; host += 1) await buyTimes(customer, 1, `h${host}.shop.example`);
    const [detail] = await limitOf(customer.place(dns('new.shop.example')));
    assert.match(detail, /^too many certificates \(50\) already issued for "shop\.example"/);
    await buyTimes(customer, 1, 'h0.shop.example');
    await buyTimes(customer, 1, 'other.example');
  });

  test('of 300 orders for an account counts those that come to nothing', async () => {
    const { world, customer } = await customerAt(letsEncrypt);
    for (let at = 0; at < 300; at += 1) await customer.place(dns(`n${at}.d${at}.example`));
    const [detail, retryAfterMs] = await limitOf(customer.place(dns('one.more.example')));
    assert.match(detail, /^too many new orders \(300\) from this account in the last 3h0m0s, retry after 2026-06-01 /);
    assert.equal(retryAfterMs, 36_000);
    assert.equal((await (await Customer.at(world)).place(dns('one.more.example'))).status, 'pending');
    await world.clock.advance(36_000);
    assert.equal((await customer.place(dns('one.more.example'))).status, 'pending');
  });

  test('of five failures an hour counts for a name of an account', async () => {
    const { world, customer } = await customerAt(letsEncrypt);
    for (let failed = 0; failed < 5; failed += 1) await fail(world, customer, 'a.example');
    const [detail, retryAfterMs] = await limitOf(customer.place(dns('a.example'), dns('b.example')));
    assert.match(detail, /^too many failed authorizations \(5\) for "a\.example" in the last 1h0m0s/);
    assert.equal(retryAfterMs, 716_000); // one every 12 minutes; the first of them was 4.7 s ago
    assert.equal((await customer.place(dns('b.example'))).status, 'pending');
    assert.equal(world.ca.failedValidations.length, 5);
  });

  test('that was used up by failures alone pauses a name until a person helps', async () => {
    const few = { count: 3, periodMs: 3 * day };
    const limits = letsEncrypt.limits === undefined ? undefined : { ...letsEncrypt.limits, consecutiveFailures: few };
    const { world, customer } = await customerAt({ ...letsEncrypt, limits });
    await fail(world, customer, 'a.example');
    await fail(world, customer, 'a.example');
    await customer.buy({ identifiers: [dns('a.example')] });
    world.ca.setAuthorization(world.ca.orders.at(-1)?.authorizations[0]?.url ?? '', 'deactivated');
    for (let failed = 0; failed < 3; failed += 1) await fail(world, customer, 'a.example');
    const [detail, retryAfterMs] = await limitOf(customer.place(dns('a.example')));
    assert.match(detail, /^Your account is temporarily prevented .* a\.example .* visit: https:/);
    assert.equal(retryAfterMs, undefined);
    assert.equal((await customer.place(dns('b.example'))).status, 'pending');
    world.ca.unpause(customer.url);
    await world.clock.advance(hour);
    assert.equal((await customer.place(dns('a.example'))).status, 'pending');
  });
});
