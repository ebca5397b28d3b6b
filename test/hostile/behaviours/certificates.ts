import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { intermediate, issuerNamed } from '../../sim/ca/x509.ts';
import { behaviours } from '../behaviour.ts';
import { above, chainOf } from '../chain.ts';
import { body, both, broken, certified, chain, drip, flood, from, headers, silence, status } from '../twists.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherKey = publicKey.export({ type: 'spki', format: 'der' });
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const daysFrom = (days: number): Date => new Date(Date.parse('2026-06-01T00:00:00Z') + days * 86_400_000);
const leafOf = (pem: string): string => pem.slice(0, pem.indexOf('-----END') + 26);
const impostor = intermediate({ name: 'Issuer', key: issuerNamed('Impostor').key }, issuerNamed('Root'));
const metadata = 'http://169.254.169.254/latest/meta-data/';

/** What is wrong with the certificate that comes of an order. */
export const certificates = behaviours([
  // What was certified.
  [
    'certifies another key',
    { certificate: certified({ publicKey: otherKey }) },
    'CertificateRefused',
    'its key is not the key that was asked for',
  ],
  [
    'certifies one name more',
    { certificate: certified((names) => ({ names: [...names, 'bank.example'] })) },
    'CertificateRefused',
    'it names bank.example, ca.example, www.ca.example',
  ],
  [
    'certifies one name less',
    { certificate: certified({ names: ['ca.example'] }) },
    'CertificateRefused',
    'it names ca.example and not what was asked for',
  ],
  [
    'certifies other names',
    { certificate: certified({ names: ['bank.example'] }) },
    'CertificateRefused',
    'it names bank.example and not what was asked for',
  ],
  [
    'certifies a wildcard',
    { certificate: certified({ names: ['*.example'] }) },
    'CertificateRefused',
    'it names *.example and not',
  ],
  [
    'certifies names by the hundred',
    { certificate: certified({ names: Array.from({ length: 3_000 }, (_, n) => `name-${n}.bank.example`) }) },
    'CertificateRefused',
    'it names name-0.bank.example',
  ],
  [
    'gives an expired certificate',
    { certificate: certified({ from: daysFrom(-100) }) },
    'CertificateRefused',
    'it expired at 2026-05-2',
  ],
  [
    'gives a certificate that is not valid yet',
    { certificate: certified({ from: daysFrom(30) }) },
    'CertificateRefused',
    'it is valid only from 2026-07-01',
  ],
  [
    'gives a certificate that expires before the one in use',
    { certificate: certified({ days: 30 }) },
    'CertificateRefused',
    'it expires earlier than the one that it replaces',
  ],
  [
    'gives a certificate of a staging CA in place of a trusted one',
    { certificate: certified({ by: '(STAGING) Fake LE' }) },
    'CertificateRefused',
    'it comes from a staging CA',
  ],
  [
    'gives the certificate of an earlier order',
    {
      certificate: (honest) => ({
        ...honest,
        body: chainOf({
          names: ['ca.example', 'www.ca.example'],
          publicKey: otherKey,
          from: daysFrom(0),
          days: 90,
          by: 'Issuer',
        }),
      }),
    },
    'CertificateRefused',
    'its key is not the key',
  ],
  // What stands around it.
  [
    'puts a private key into the chain',
    { certificate: chain((pem) => pem + privatePem) },
    'CertificateRefused',
    'holds a block "PRIVATE KEY"',
  ],
  [
    'puts a private key before the chain',
    { certificate: chain((pem) => privatePem + pem) },
    'CertificateRefused',
    'holds a block "PRIVATE KEY"',
  ],
  [
    'gives a chain of 200 certificates',
    { certificate: chain((pem) => pem + above('Issuer').repeat(198)) },
    'CertificateRefused',
    'holds 200 certificates',
  ],
  [
    'gives a chain of certificates that have nothing to do with it',
    { certificate: chain((pem) => leafOf(pem) + above('Stranger')) },
    'CertificateRefused',
    'certificate 1 is not issued by certificate 2',
  ],
  [
    'gives a chain that is out of order',
    { certificate: chain((pem) => pem + above('Stranger', 'Root') + above('Root of Issuer', 'Root')) },
    'CertificateRefused',
    'certificate 2 is not issued by certificate 3',
  ],
  [
    'gives a chain that is upside down',
    { certificate: chain((pem) => above('Issuer') + leafOf(pem)) },
    'CertificateRefused',
    'its key is not the key',
  ],
  [
    'gives an issuer of the right name that did not sign',
    { certificate: chain((pem) => leafOf(pem) + impostor) },
    'CertificateRefused',
    'certificate 1 is not issued by certificate 2',
  ],
  [
    'puts a text between the certificates',
    { certificate: chain((pem) => pem.replace('-----\n-----', '-----\n# fake\n-----')) },
    'CertificateRefused',
    'holds text that is no CERTIFICATE block',
  ],
  [
    'gives blocks that hold no certificate',
    { certificate: body('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') },
    'CertificateRefused',
    'certificate 1 of the chain cannot be read',
  ],
  [
    'gives an empty block',
    { certificate: body('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n') },
    'CertificateRefused',
    'holds text that is no CERTIFICATE block',
  ],
  [
    'ends the chain in the midst of a block',
    { certificate: chain((pem) => pem.slice(0, -100)) },
    'CertificateRefused',
    'holds text that is no CERTIFICATE block',
  ],
  // What is no chain at all.
  [
    'gives HTML for the certificate',
    { certificate: body('<html><body>Please log in</body></html>') },
    'CAUnavailable',
    "the CA's reply to the request for certificate at 127.0.0.1",
  ],
  [
    'gives DER for the certificate',
    { certificate: chain((pem) => Buffer.from(leafOf(pem).replace(/-----[^-]+-----/g, ''), 'base64')) },
    'CAUnavailable',
    'is no PEM',
  ],
  ['gives nothing for the certificate', { certificate: body('') }, 'CAUnavailable', 'is no PEM'],
  [
    'gives 1 GB for the certificate',
    { certificate: flood(2 ** 30) },
    'CAUnavailable',
    'its reply is larger than 1 MiB',
  ],
  [
    'gives a compressed bomb for the certificate',
    { certificate: both(body(gzipSync(Buffer.alloc(64 * 2 ** 20))), headers({ 'content-encoding': 'gzip' })) },
    'CAUnavailable',
    'is no PEM',
  ],
  [
    'gives a chain of just under 1 MiB',
    { certificate: chain((pem) => pem + above('Issuer').repeat(1_400)) },
    'CertificateRefused',
    'certificates; 20 are allowed',
  ],
  // How it is sent.
  [
    'sends the certificate a byte at a time',
    { certificate: drip('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', '-') },
    'CAUnavailable',
    'it took longer than 0.3 s',
    300,
  ],
  [
    'sends the headers a line at a time',
    { certificate: drip('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n') },
    'CAUnavailable',
    'it took longer than 0.3 s',
    300,
  ],
  [
    'promises the answer for ever',
    { certificate: drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n') },
    'CAUnavailable',
    'it took longer than 0.3 s',
    300,
  ],
  ['never sends the certificate', { certificate: silence }, 'CAUnavailable', 'it took longer than 0.3 s', 300],
  [
    'breaks the connection in the midst of the certificate',
    { certificate: broken },
    'CAUnavailable',
    'the connection was closed before the answer was complete',
  ],
  [
    'redirects the certificate to a metadata service',
    { certificate: status(302, '', { location: metadata }) },
    'CAUnavailable',
    'a redirect, which is not followed',
  ],
  [
    'names 10,000 alternate chains',
    {
      certificate: both(
        headers({ link: Array.from({ length: 10_000 }, (_, n) => `</certificate/1/${n}>;rel="alternate"`) }),
        certified({ publicKey: otherKey }),
      ),
    },
    'CAUnavailable',
    'its reply has more than 16 KiB of headers',
  ],
  ['loses the certificate', { certificate: status(404, '') }, 'CAUnavailable', 'status 404'],
  [
    'asks to wait a week for the certificate',
    { certificate: status(503, '', { 'retry-after': '604800' }) },
    'CAUnavailable',
    'status 503',
  ],
  [
    'gives the certificate once, and then another',
    { certificate: from(1, certified({ names: ['bank.example'] })) },
    'CertificateRefused',
    'it names bank.example',
  ],
]);
