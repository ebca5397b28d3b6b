import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { hostOf } from '../../../src/responder/host.ts';

describe('host of a request', () => {
  const cases: readonly (readonly [name: string, header: string | undefined, expected: string | undefined])[] = [
    ['is the name itself', 'www.example.com', 'www.example.com'],
    ['leaves the port out', 'www.example.com:80', 'www.example.com'],
    ['leaves an empty port out (RFC 3986, 3.2.3)', 'www.example.com:', 'www.example.com'],
    ['is compared in lower case', 'WWW.Example.COM', 'www.example.com'],
    ['leaves the trailing dot out', 'www.example.com.:8080', 'www.example.com'],
    ['is an IPv4 address', '192.0.2.7', '192.0.2.7'],
    ['is an IPv4 address with a port', '192.0.2.7:80', '192.0.2.7'],
    ['is an IPv6 address without its brackets', '[2001:db8::1]', '2001:db8::1'],
    ['is an IPv6 address with a port', '[2001:db8::1]:80', '2001:db8::1'],
    ['is an IPv6 address in the spelling of RFC 5952', '[2001:0DB8:0:0:0:0:0:1]', '2001:db8::1'],
    ['is an IPv6 address that stands without brackets', '2001:DB8::1', '2001:db8::1'],
    ['is unknown without a header', undefined, undefined],
    ['is unknown for an empty header', '', undefined],
    ['is unknown for a port alone', ':80', undefined],
    ['is unknown for two ports', 'www.example.com:80:81', undefined],
    ['is unknown for a port that is no number', 'www.example.com:http', undefined],
    ['is unknown for a bracket that does not close', '[2001:db8::1', undefined],
  ];
  for (const [name, header, expected] of cases) test(name, () => assert.equal(hostOf(header), expected));

  test('is the address for every IPv6 address with any port', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat({ max: 65_535 }), (address, port) => {
        assert.equal(hostOf(`[${address}]:${port}`), hostOf(`[${address}]`));
        assert.equal(hostOf(`[${address}]`), hostOf(address));
      }),
    );
  });

  test('never throws and never holds what separates it from a token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (header) => {
        if (!header.includes('\n')) assert.ok(!(hostOf(header) ?? '').includes('\n'));
      }),
    );
  });
});
