import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chargesOf } from '../../../../../src/controllers/certificate/budget/charges.ts';
import { rateLimitsOf } from '../../../../../src/controllers/certificate/budget/limits.ts';
import { registeredDomain } from '../../../../../src/controllers/certificate/budget/registered-domain.ts';

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory';
const other = 'https://ca.test/directory';
const hour = 3_600_000;

describe('the rate limits of an issuer', () => {
  test('are those of Let’s Encrypt for its host, in production and staging', () => {
    const { limits, exemptsRenewals } = rateLimitsOf({ server: letsEncrypt });
    assert.ok(exemptsRenewals);
    assert.deepEqual(limits.newOrdersPerAccount, { count: 300, periodMs: 3 * hour });
    assert.deepEqual(limits.certificatesPerDomain, { count: 50, periodMs: 168 * hour });
    assert.deepEqual(limits.certificatesPerExactSet, { count: 5, periodMs: 168 * hour });
    assert.deepEqual(limits.failedAuthorizationsPerName, { count: 5, periodMs: hour });
    const staging = rateLimitsOf({ server: 'https://acme-staging-v02.api.letsencrypt.org/directory' });
    assert.equal(staging.limits.newOrdersPerAccount?.count, 1_500);
    assert.equal(staging.limits.certificatesPerExactSet, undefined);
  });

  test('are none for another CA but those that are given', () => {
    assert.deepEqual(rateLimitsOf({ server: other }), { limits: {}, exemptsRenewals: false });
    const given = { certificatesPerDomain: { count: 10, period: '24h' }, exemptRenewals: true };
    assert.deepEqual(rateLimitsOf({ server: other, rateLimits: given }), {
      limits: { certificatesPerDomain: { count: 10, periodMs: 24 * hour } },
      exemptsRenewals: true,
    });
  });

  test('are replaced one by one, and a count of 0 takes one away', () => {
    const rateLimits = { newOrdersPerAccount: { count: 3_000, period: '3h' }, certificatesPerExactSet: { count: 0 } };
    const { limits } = rateLimitsOf({ server: letsEncrypt, rateLimits });
    assert.equal(limits.newOrdersPerAccount?.count, 3_000);
    assert.equal(limits.certificatesPerExactSet, undefined);
    assert.equal(limits.certificatesPerDomain?.count, 50);
  });
});

describe('what an order is charged', () => {
  const rates = rateLimitsOf({ server: letsEncrypt });
  const order = { account: 'https://ca.test/acct/1', names: ['a.shop.example', 'shop.example'], isRenewal: false };
  const kindsOf = (isRenewal: boolean): string[] => chargesOf(rates, { ...order, isRenewal }).map(({ key }) => key);

  test('is its account, each registered domain once, and its exact set of names', () => {
    assert.deepEqual(
      kindsOf(false).map((key) => key.split(' ').slice(0, 2).join(' ').slice(0, 46)),
      ['newOrders', 'newOrdersPerAccount https://ca.test/acct/1', 'certificatesPerDomain shop.example'].concat(
        kindsOf(false)[3]?.slice(0, 46) ?? '',
      ),
    );
    assert.match(kindsOf(false)[3] ?? '', /^certificatesPerExactSet [\w-]{16}$/);
  });

  test('is the exact set alone for a renewal, where the CA exempts them', () => {
    assert.deepEqual(kindsOf(true), ['newOrders', kindsOf(false)[3]]);
    const strict = { ...rates, exemptsRenewals: false };
    assert.equal(chargesOf(strict, { ...order, isRenewal: true }).length, 4);
  });

  test('differs by set, and not by the order of asking', () => {
    const setOf = (names: string[]) => chargesOf(rates, { ...order, names }).at(-1)?.key;
    assert.notEqual(setOf(['shop.example']), setOf(['a.shop.example', 'shop.example']));
  });
});

describe('the registered domain', () => {
  const cases = [
    ['www.shop.example.co.uk', 'example.co.uk'],
    ['example.co.uk', 'example.co.uk'],
    ['co.uk', 'co.uk'],
    ['a.b.user.github.io', 'user.github.io'],
    ['shop.internal', 'shop.internal'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ] as const;
  for (const [name, domain] of cases)
    test(`of ${name} is ${domain}`, () => assert.equal(registeredDomain(name), domain));
});
