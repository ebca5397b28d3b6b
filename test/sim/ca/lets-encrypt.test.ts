import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../src/acme/index.ts';
import { Customer, dns, http01, ip, refusalOf, refused } from '../../conformance/acme/customer.ts';
import { failureOf } from '../../kit/failure.ts';
import { type CaOptions, letsEncrypt } from './index.ts';
import { type SimulatedCaUnderTest, simulatedCa } from './under-test.ts';

const hour = 3_600_000;
const day = 24 * hour;
const unlimited: CaOptions = { ...letsEncrypt, limits: undefined };

async function customerAt(options: CaOptions): Promise<{ world: SimulatedCaUnderTest; customer: Customer }> {
  const world = simulatedCa(options);
  return { world, customer: await Customer.at(world) };
}

/** Buys the same certificate that many times. */
async function buyTimes(customer: Customer, times: number, ...names: readonly string[]): Promise<void> {
  for (let bought = 0; bought < times; bought += 1) await customer.buy({ identifiers: names.map(dns) });
}

/** Has the validation of a name fail. */
async function fail(world: SimulatedCaUnderTest, customer: Customer, name: string): Promise<void> {
  const order = await customer.place(dns(name));
  const [authorization] = await customer.authorizations(order);
  assert.ok(authorization);
  await customer.client.answer(http01(authorization).url);
  await world.clock.advance(1_000);
  assert.equal((await customer.client.order(order.url)).status, 'invalid');
}

/** Why the CA makes an order wait, and for how many milliseconds. */
async function limitOf(asked: Promise<unknown>): Promise<readonly [detail: string, retryAfterMs: number | undefined]> {
  const error = await failureOf(asked);
  assert.ok(error instanceof AcmeError);
  assert.equal(`${error.problem.status} ${error.problem.type}`, '429 rateLimited');
  return [error.problem.detail, error.retryAfterMs];
}

describe('at Let’s Encrypt, the key of an account', () => {
  test('is never that of another, which is named', async () => {
    const { world, customer } = await customerAt(unlimited);
    const other = await Customer.at(world);
    const error = await failureOf(customer.client.changeKey(other.keyPem));
    assert.ok(error instanceof AcmeError);
    assert.deepEqual([error.problem.status, error.location], [409, other.url]);
  });
});

describe('at Let’s Encrypt, a certificate', () => {
  const derOf = ({ chainPem }: { readonly chainPem: string }): Uint8Array => new X509Certificate(chainPem).raw;

  test('is revoked by another account that proved its names, and for few reasons', async () => {
    const { world, customer } = await customerAt(unlimited);
    const certificateDer = derOf(await customer.buy({ identifiers: [dns('a.example'), dns('b.example')] }));
    const other = await Customer.at(world);
    await other.prove(await other.place(dns('a.example')));
    const unproven = other.client.revoke({ certificateDer, reason: 'cessationOfOperation' });
    assert.equal(await refused(unproven), '403 unauthorized');
    await other.prove(await other.place(dns('b.example')));
    const odd = other.client.revoke({ certificateDer, reason: 'affiliationChanged' });
    assert.equal(await refused(odd), '400 badRevocationReason');
    assert.equal(await other.client.revoke({ certificateDer, reason: 'cessationOfOperation' }), 'revoked');
    const [kept] = world.ca.certificates;
    assert.deepEqual([kept?.revoked?.by, kept?.revoked?.reason], ['account', 'cessationOfOperation']);
  });
});

describe('at Let’s Encrypt, an order', () => {
  test('that is open is given again for the same names and profile, whatever it replaces', async () => {
    const { customer } = await customerAt(unlimited);
    const { certID } = await customer.buy({ identifiers: [dns('a.example')] });
    const { client } = customer;
    const first = await client.newOrder({ identifiers: [dns('b.example'), dns('a.example')] });
    const identifiers = [dns('a.example'), dns('b.example')];
    assert.equal((await client.newOrder({ identifiers, replaces: certID })).url, first.url);
    assert.notEqual((await client.newOrder({ identifiers, profile: 'tlsserver' })).url, first.url);
    assert.notEqual((await client.newOrder({ identifiers: [dns('a.example')] })).url, first.url);
    const ready = await customer.prove(first);
    assert.equal((await client.newOrder({ identifiers })).url, first.url);
    await client.finalize(ready, await customer.csr(ready));
    assert.notEqual((await client.newOrder({ identifiers })).url, first.url);
  });

  test('that failed is not given again', async () => {
    const { world, customer } = await customerAt(unlimited);
    await fail(world, customer, 'a.example');
    assert.equal((await customer.place(dns('a.example'))).status, 'pending');
    const [failed, open] = world.ca.orders;
    assert.ok(failed && open);
    assert.deepEqual(
      failed.history.map(({ status, at }) => `${status} ${at.toISOString()}`),
      ['pending 2026-06-01T00:00:00.000Z', 'invalid 2026-06-01T00:00:00.300Z'],
    );
    assert.deepEqual([failed.error?.type, world.ca.statusOf(open)], ['unauthorized', 'pending']);
    assert.equal((await customer.client.order(failed.url)).error, undefined);
  });

  test('is ready at once where every name was proven in the last 30 days, and ends when the proof does', async () => {
    const { world, customer } = await customerAt(unlimited);
    await customer.buy({ identifiers: [dns('a.example')] });
    await customer.buy({ identifiers: [dns('b.example')] });
    await world.clock.advance(25 * day);
    const both = await customer.place(dns('a.example'), dns('b.example'));
    assert.equal(both.status, 'ready');
    assert.ok(Date.parse(both.expires ?? '') - world.now().getTime() <= 5 * day);
    assert.equal((await customer.place(dns('a.example'), dns('c.example'))).status, 'pending');
    assert.equal(
      (await customer.client.newOrder({ identifiers: [dns('a.example')], profile: 'tlsserver' })).status,
      'pending',
    );
    await world.clock.advance(4.5 * day);
    assert.equal((await customer.place(dns('b.example'))).status, 'pending');
  });

  test('shares what is still to be proven with others, and what fails fails them all', async () => {
    const { world, customer } = await customerAt(unlimited);
    const first = await customer.place(dns('a.example'));
    const second = await customer.place(dns('a.example'), dns('b.example'));
    assert.ok(second.authorizations.includes(first.authorizations[0] ?? ''));
    await fail(world, customer, 'a.example');
    assert.equal((await customer.client.order(second.url)).status, 'invalid');
  });

  test('is gone after its time, and unknown to others', async () => {
    const { world, customer } = await customerAt(unlimited);
    const order = await customer.place(dns('a.example'));
    const other = await Customer.at(world);
    assert.equal(await refused(other.client.order(order.url)), '404 malformed');
    assert.equal(await refused(other.client.finalize(order, await customer.csr(order))), '400 malformed');
    assert.equal(await refused(customer.client.order(`${order.url}x`)), '404 malformed');
    await world.clock.advance(7 * day - 1_000);
    assert.equal((await customer.client.order(order.url)).status, 'pending');
    await world.clock.advance(1_000);
    assert.equal(await refused(customer.client.order(order.url)), '404 malformed');
    assert.equal(await refused(customer.client.authorization(order.authorizations[0] ?? '')), '404 malformed');
    assert.equal(await refused(customer.client.finalize(order, await customer.csr(order))), '404 malformed');
  });

  test('that was never finalized is neither given again nor replaces anything after its time', async () => {
    const { world, customer } = await customerAt(unlimited);
    const identifiers = [dns('a.example')];
    const { certID } = await customer.buy({ identifiers });
    const left = await customer.client.newOrder({ identifiers, replaces: certID });
    assert.equal(left.status, 'ready');
    await world.clock.advance(7 * day);
    const next = await customer.client.newOrder({ identifiers, replaces: certID });
    assert.deepEqual([next.status, next.url === left.url, next.replaces], ['ready', false, certID]);
  });

  test('replaces a certificate from the moment it is placed until it fails', async () => {
    const { world, customer } = await customerAt(unlimited);
    const { client } = customer;
    const { certID } = await customer.buy({ identifiers: [dns('a.example')] });
    const identifiers = [dns('a.example'), dns('b.example')];
    const first = await client.newOrder({ identifiers, replaces: certID });
    assert.equal(await refused(client.newOrder({ identifiers, replaces: certID })), '409 alreadyReplaced');
    assert.equal((await client.newOrder({ identifiers })).url, first.url);
    await fail(world, customer, 'b.example');
    assert.equal((await client.newOrder({ identifiers, replaces: certID })).replaces, certID);
    assert.equal(
      await refused(client.newOrder({ identifiers: [dns('c.example')], replaces: certID })),
      '409 alreadyReplaced',
    );
  });

  test('replaces nothing of another issuer', async () => {
    const { customer } = await customerAt(unlimited);
    const identifiers = [dns('a.example')];
    const { certID } = await customer.buy({ identifiers });
    const [authority = '', serial = ''] = certID.split('.');
    const replace = (replaces: string): Promise<string> => refused(customer.client.newOrder({ identifiers, replaces }));
    assert.equal(await replace(serial), '400 malformed');
    assert.equal(await replace(`AAAA.${serial}`), '404 malformed');
    assert.equal(await replace(`${authority}.AAAA`), '404 malformed');
  });

  test('is invalid where the CA may not issue after all, with a subproblem for each name', async () => {
    const caa = { type: 'caa', detail: 'CAA record forbids issuance', status: 403 };
    const { customer } = await customerAt({
      ...unlimited,
      refuses: ({ value }) => (value.startsWith('no') ? caa : undefined),
    });
    const ready = await customer.prove(
      await customer.place(dns('no1.example'), dns('no2.example'), dns('yes.example')),
    );
    await customer.client.finalize(ready, await customer.csr(ready));
    const { status, error, certificate } = await customer.settled(ready, 'processing');
    assert.deepEqual([status, error?.type, certificate], ['invalid', 'caa', undefined]);
    assert.deepEqual(
      error?.subproblems?.map(({ identifier }) => identifier?.value),
      ['no1.example', 'no2.example'],
    );
  });

  test('has as many names and such as its profile allows', async () => {
    const { customer } = await customerAt(unlimited);
    const { client } = customer;
    const many = Array.from({ length: 26 }, (_, at) => dns(`n${at}.example`));
    assert.equal((await client.newOrder({ identifiers: many })).status, 'pending');
    assert.equal(await refused(client.newOrder({ identifiers: many, profile: 'tlsserver' })), '400 malformed');
    assert.equal(await refused(client.newOrder({ identifiers: [ip('192.0.2.1')] })), '400 rejectedIdentifier');
    const { chain } = await customer.buy({
      identifiers: [ip('192.0.2.1'), ip('2001:DB8:0::1')],
      profile: 'shortlived',
    });
    assert.deepEqual(chain.leaf.names, ['192.0.2.1', '2001:db8::1']);
    assert.deepEqual([chain.leaf.commonName, chain.leaf.notAfter], [undefined, new Date('2026-06-07T14:59:59Z')]);
    const classic = await customer.buy({ identifiers: [dns('cn.example')] });
    assert.deepEqual([classic.chain.leaf.commonName, classic.alternates.length], ['cn.example', 1]);
  });

  test('names every forbidden identifier in a subproblem', async () => {
    const { customer } = await customerAt({ ...unlimited, blocked: ['a.example', 'b.example'] });
    const both = await refusalOf(customer.place(dns('a.example'), dns('b.example'), dns('c.example')));
    assert.deepEqual(
      [both.type, both.subproblems?.map(({ identifier }) => identifier?.value)],
      ['rejectedIdentifier', ['a.example', 'b.example']],
    );
    assert.equal((await refusalOf(customer.place(dns('a.example'), dns('c.example')))).subproblems, undefined);
  });
});

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
