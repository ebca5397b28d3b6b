import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalName } from '../../../src/pki/index.ts';

describe('the canonical name', () => {
  const cases: readonly (readonly [given: string, canonical: string])[] = [
    ['Shop.Example.', 'shop.example'],
    [' shop.example ', 'shop.example'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    // RFC 5952 section 4.2: the longest run of zeros, the first of two, never a single field
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::FFFF:c000:0280', '::ffff:192.0.2.128'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ];
  for (const [given, canonical] of cases) {
    test(`of "${given}" is "${canonical}"`, () => assert.equal(canonicalName(given), canonical));
  }

  test('is its own canonical name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), (name) => {
        assert.equal(canonicalName(canonicalName(name)), canonicalName(name));
      }),
    );
  });

  test('of an IPv6 address is one, and the same for each spelling of it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const short = groups.map((group) => group.toString(16)).join(':');
        const long = groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');
        assert.equal(canonicalName(short), canonicalName(long));
        assert.ok(isIPv6(canonicalName(short)));
      }),
    );
  });
});
