import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../src/acme/index.ts';
import { Customer, dns, ip, refusalOf, refused } from '../../conformance/acme/customer.ts';
import { failureOf } from '../../kit/failure.ts';
import { type CaOptions, letsEncrypt } from './index.ts';
import { customerAt, fail } from './lets-encrypt-customer.ts';

const day = 86_400_000;
const unlimited: CaOptions = { ...letsEncrypt, limits: undefined };

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
