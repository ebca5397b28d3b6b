import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { issuerKeyOf, namesOf } from '../../../src/api/index.ts';

describe('namesOf', () => {
  it('gives dnsNames, ipAddresses and commonName in canonical form, sorted, without repeats', () => {
    const names = namesOf({
      commonName: 'WWW.example.com',
      dnsNames: ['www.example.com.', 'b.example.com'],
      ipAddresses: ['2001:DB8:0::1', '192.0.2.7'],
    });
    assert.deepEqual(names, ['192.0.2.7', '2001:db8::1', 'b.example.com', 'www.example.com']);
  });

  it('gives none where none is asked for', () => {
    assert.deepEqual(namesOf({}), []);
    assert.deepEqual(namesOf({ commonName: '' }), []);
  });

  it('depends neither on the order nor on the case in which names are written', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const names = fc.uniqueArray(label.map((first) => `${first}.example.com`));
    fc.assert(
      fc.property(names, (dnsNames) => {
        const turned = dnsNames.toReversed().map((name) => name.toUpperCase());
        assert.deepEqual(namesOf({ dnsNames: turned }), namesOf({ dnsNames: [...dnsNames, ...dnsNames] }));
      }),
    );
  });
});

describe('issuerKeyOf', () => {
  it('is of the namespace for an Issuer, which is the kind where none is named', () => {
    assert.equal(issuerKeyOf({ issuerRef: { name: 'le' } }, 'shop'), 'Issuer/shop/le');
    assert.equal(issuerKeyOf({ issuerRef: { name: 'le', kind: 'Issuer' } }, 'shop'), 'Issuer/shop/le');
  });

  it('has no namespace for a ClusterIssuer', () => {
    assert.equal(issuerKeyOf({ issuerRef: { name: 'le', kind: 'ClusterIssuer' } }, 'shop'), 'ClusterIssuer/le');
  });
});
