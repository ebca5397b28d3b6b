import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { generateKey, type KeySpec, readChain } from '../../../src/pki/index.ts';
import { demanding, external, type Group, usual } from './cases.ts';
import { Customer, dns, ip, newKey, refused } from './customer.ts';

function certificatesOf(chainPem: string): readonly X509Certificate[] {
  return Array.from(chainPem.matchAll(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g), ([pem]) => {
    return new X509Certificate(pem);
  });
}

/** RFC 8555 sections 7.4 and 7.4.2. */
export const issuance: Group = {
  name: 'a certificate',
  setup: usual,
  cases: [
    {
      name: 'comes of an order that was ready, then processing, then valid',
      async run(ca) {
        const customer = await Customer.at(ca);
        const names = [dns('b.example'), ip('127.0.0.1'), dns('a.example')];
        const ready = await customer.prove(await customer.place(...names));
        assert.deepEqual([ready.status, ready.certificate], ['ready', undefined]);
        const keyPem = await newKey();
        const processing = await customer.client.finalize(ready, await customer.csr(ready, undefined, keyPem));
        assert.deepEqual(
          [processing.status, processing.certificate, processing.url],
          ['processing', undefined, ready.url],
        );
        assert.ok((processing.retryAfterMs ?? -1) >= 0);
        const valid = await customer.settled(ready, 'processing');
        assert.deepEqual([valid.status, valid.error, valid.retryAfterMs], ['valid', undefined, undefined]);
        const { chain, alternates } = await customer.client.certificate(valid.certificate ?? '');
        const { leaf, length } = readChain(chain);
        const [certificate, issuer] = certificatesOf(chain);
        assert.ok(certificate && issuer);
        assert.ok(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey) && issuer.ca);
        assert.deepEqual([leaf.names, alternates, length], [['127.0.0.1', 'a.example', 'b.example'], [], 2]);
        assert.deepEqual([leaf.hasKey(keyPem), leaf.commonName], [true, undefined]);
        assert.ok(leaf.notBefore <= ca.now() && ca.now() < leaf.notAfter);
        assert.equal(leaf.notAfter.getTime() - leaf.notBefore.getTime(), 90 * 86_400_000 - 1_000);
      },
    },
    {
      name: 'is not issued before its order is ready',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('early.example'));
        assert.equal(await refused(customer.client.finalize(order, await customer.csr(order))), '403 orderNotReady');
        assert.equal((await customer.client.order(order.url)).status, 'pending');
      },
    },
    {
      name: 'is not issued for a bad CSR, which leaves its order ready for a good one',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const ready = await customer.prove(await customer.place(dns('a.example'), dns('b.example')));
        const good = await customer.csr(ready);
        const forged = Uint8Array.from(good, (byte, at) => (at === good.length - 1 ? byte ^ 1 : byte));
        const cases = [
          [Buffer.from('no CSR'), '400 malformed'],
          [new Uint8Array(), '400 malformed'],
          [forged, '400 badCSR'],
          [await customer.csr(ready, ['a.example']), '403 unauthorized'],
          [await customer.csr(ready, ['a.example', 'c.example']), '403 unauthorized'],
          [await customer.csr(ready, ['a.example', 'b.example', '127.0.0.1']), '403 unauthorized'],
          [await customer.csr(ready, undefined, customer.keyPem), '400 badCSR'],
        ] as const;
        for (const [csr, problem] of cases) assert.equal(await refused(client.finalize(ready, csr)), problem);
        assert.equal((await client.order(ready.url)).status, 'ready');
        await client.finalize(ready, good);
        assert.equal((await customer.settled(ready, 'processing')).status, 'valid');
      },
    },
    {
      name: 'is issued once for an order',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const ready = await customer.prove(await customer.place(dns('once.example')));
        const csr = await customer.csr(ready);
        await client.finalize(ready, csr);
        assert.equal(await refused(client.finalize(ready, csr)), '403 orderNotReady');
        const valid = await customer.settled(ready, 'processing');
        assert.equal(await refused(client.finalize(valid, csr)), '403 orderNotReady');
        assert.equal((await client.order(ready.url)).certificate, valid.certificate);
      },
    },
    {
      name: 'is for a key of any kind, also for that of another certificate',
      async run(ca) {
        const customer = await Customer.at(ca);
        const specs: readonly KeySpec[] = [
          { algorithm: 'RSA', size: 2048 },
          { algorithm: 'ECDSA', size: 384 },
        ];
        for (const spec of specs) {
          const keyPem = await generateKey(spec);
          const first = await customer.buy({ identifiers: [dns('a.example')] }, keyPem);
          const second = await customer.buy({ identifiers: [dns('b.example')] }, keyPem);
          assert.ok(first.chain.leaf.hasKey(keyPem) && second.chain.leaf.hasKey(keyPem));
          assert.notEqual(first.certID, second.certID);
        }
      },
    },
    {
      name: 'is given again and again',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { order, chainPem } = await customer.buy({ identifiers: [dns('again.example')] });
        assert.equal((await customer.client.certificate(order.certificate ?? '')).chain, chainPem);
      },
    },
  ],
};

/** RFC 8555 section 7.4.2, and draft-ietf-acme-profiles. */
export const choices: Group = {
  name: 'a certificate of which there are several',
  setup: demanding,
  cases: [
    {
      name: 'is of the profile that was asked for, and of no unknown one',
      async run(ca) {
        const customer = await Customer.at(ca, external);
        const { client } = customer;
        assert.deepEqual((await client.directory()).profiles, { default: 'For everybody', shortlived: 'Six days' });
        const identifiers = [dns('short.example')];
        assert.equal(await refused(client.newOrder({ identifiers, profile: 'odd' })), '400 invalidProfile');
        const { order, chain } = await customer.buy({ identifiers, profile: 'shortlived' });
        assert.equal(order.profile, 'shortlived');
        const { notBefore, notAfter } = chain.leaf;
        assert.equal(notAfter.getTime() - notBefore.getTime(), 6 * 86_400_000 - 1_000);
      },
    },
    {
      name: 'has the same leaf in each chain',
      async run(ca) {
        const customer = await Customer.at(ca, external);
        const { order, chain, chainPem, alternates } = await customer.buy({
          identifiers: [dns('crossed.example')],
          profile: 'default',
        });
        assert.equal(alternates.length, 1);
        const other = await customer.client.certificate(alternates[0] ?? '');
        assert.notEqual(other.chain, chainPem);
        assert.equal(readChain(other.chain).leaf.fingerprint, chain.leaf.fingerprint);
        assert.deepEqual(other.alternates, [order.certificate]);
      },
    },
  ],
};
