import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { revocationReasons } from '../../../src/acme/index.ts';
import { type Group, usual } from './cases.ts';
import { type Bought, Customer, dns, newKey, refused } from './customer.ts';

const derOf = ({ chainPem }: Bought): Uint8Array => new X509Certificate(chainPem).raw;

/** RFC 8555 section 7.6. */
export const revocation: Group = {
  name: 'a certificate',
  setup: usual,
  cases: [
    {
      name: 'is revoked by its account, and once more without harm',
      async run(ca) {
        const customer = await Customer.at(ca);
        const certificateDer = derOf(await customer.buy({ identifiers: [dns('shop.example')] }));
        assert.equal(await customer.client.revoke({ certificateDer, reason: 'superseded' }), 'revoked');
        assert.equal(await customer.client.revoke({ certificateDer, reason: 'superseded' }), 'alreadyRevoked');
        assert.equal(await customer.client.revoke({ certificateDer }), 'alreadyRevoked');
      },
    },
    {
      name: 'is revoked by whoever has its key, without any account',
      async run(ca) {
        const bought = await (await Customer.at(ca)).buy({ identifiers: [dns('shop.example')] });
        const request = { certificateDer: derOf(bought), keyPem: bought.keyPem, reason: 'keyCompromise' } as const;
        const stranger = ca.clientOf(await newKey());
        assert.equal(await stranger.revoke(request), 'revoked');
        assert.equal(await stranger.revoke(request), 'alreadyRevoked');
        assert.equal(await stranger.findAccount(), undefined);
      },
    },
    {
      name: 'is revoked for any reason that a subscriber may give',
      async run(ca) {
        const customer = await Customer.at(ca);
        for (const reason of revocationReasons) {
          const certificateDer = derOf(await customer.buy({ identifiers: [dns('shop.example')] }));
          assert.equal(await customer.client.revoke({ certificateDer, reason }), 'revoked', reason);
        }
      },
    },
    {
      name: 'is not revoked by another account or another key, nor what the CA never issued',
      async run(ca) {
        const customer = await Customer.at(ca);
        const certificateDer = derOf(await customer.buy({ identifiers: [dns('shop.example')] }));
        const other = await Customer.at(ca);
        assert.equal(await refused(other.client.revoke({ certificateDer })), '403 unauthorized');
        assert.equal(
          await refused(customer.client.revoke({ certificateDer, keyPem: await newKey() })),
          '403 unauthorized',
        );
        const unknown = Uint8Array.from(certificateDer, (byte, at) =>
          at === certificateDer.length - 1 ? byte ^ 1 : byte,
        );
        assert.equal(await refused(customer.client.revoke({ certificateDer: unknown })), '400 malformed');
        assert.equal(await customer.client.revoke({ certificateDer }), 'revoked');
      },
    },
  ],
};
