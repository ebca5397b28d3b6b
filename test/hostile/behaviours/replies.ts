import { behaviours } from '../behaviour.ts';
import { body, from, headers, members, membersOf, raw, silence, status } from '../twists.ts';

const metadata = 'http://169.254.169.254/latest/meta-data/';
const deep = (text: string): string => text.repeat(100_000);

/** What is wrong with the JSON, the URLs or the connection of a reply, whatever it is about. */
export const replies = behaviours([
  // JSON.
  [
    'nests an order 100,000 levels deep',
    { newOrder: body(deep('[') + deep(']')) },
    'CAUnavailable',
    'is no JSON object',
  ],
  [
    'nests a member 100,000 levels deep',
    { newOrder: (honest) => ({ ...honest, body: `{"odd":${deep('{"a":')}1${deep('}')},"status":"odd"}` }) },
    'CAUnavailable',
    'has the status "odd"',
  ],
  [
    'writes numbers where texts belong',
    { newOrder: members({ finalize: 7 }) },
    'CAUnavailable',
    'has a "finalize" that is no text',
  ],
  [
    'writes texts where lists belong',
    { newOrder: members({ authorizations: 'none' }) },
    'CAUnavailable',
    'has no list "authorizations"',
  ],
  ['writes lists of nothing', { newOrder: members({ identifiers: [null] }) }, 'CAUnavailable', 'is no JSON object'],
  [
    'writes __proto__ where members belong',
    { newOrder: body('{"__proto__":{"status":"valid","authorizations":[],"finalize":"https://a/"}}') },
    'CAUnavailable',
    'has no "status"',
  ],
  [
    'writes a member twice',
    {
      newOrder: (honest) => ({
        ...honest,
        body: JSON.stringify(honest.body)
          .replace('{', '{"status":"valid",')
          .replace('}', '},"a":1')
          .replace(/\}$/, ',"status":"invalid"}'),
      }),
    },
    'CAUnavailable',
    "the CA's reply to the request for newOrder",
  ],
  ['writes no JSON', { newOrder: body('<html>') }, 'CAUnavailable', 'is no JSON object'],
  // URLs.
  [
    'makes an order without a URL',
    { newOrder: (honest) => ({ ...honest, headers: {} }) },
    'CAUnavailable',
    'has no Location',
  ],
  [
    'makes an order at a metadata service',
    { newOrder: headers({ location: metadata }) },
    'CAUnavailable',
    'has a "Location" that is no https URL',
  ],
  [
    'makes an order at an address of the cluster',
    { newOrder: headers({ location: 'https://10.96.0.1/api' }) },
    'CAUnavailable',
    'has a "Location" at 10.96.0.1, another host than that of the directory',
  ],
  [
    'makes an order with a URL of 10 KB',
    { newOrder: headers({ location: `https://127.0.0.1/${'x'.repeat(10_000)}` }) },
    'CAUnavailable',
    'has a "Location" of more than 2,048 characters',
  ],
  [
    'redirects newOrder to a metadata service',
    { newOrder: status(307, '', { location: metadata }) },
    'CAUnavailable',
    'status 307, a redirect, which is not followed',
  ],
  [
    'takes the signing request at a file',
    { newOrder: members({ finalize: 'file:///etc/passwd' }) },
    'CAUnavailable',
    'has a "finalize" that is no https URL',
  ],
  [
    'takes the signing request without TLS',
    { newOrder: membersOf((asked) => ({ finalize: asked.url('/order/1/finalize').replace('https:', 'http:') })) },
    'CAUnavailable',
    'has a "finalize" that is no https URL',
  ],
  [
    'takes the signing request at a metadata service',
    { newOrder: members({ finalize: 'https://169.254.169.254/' }) },
    'CAUnavailable',
    'has a "finalize" at 169.254.169.254, another host',
  ],
  [
    'keeps authorizations at another port',
    { newOrder: members({ authorizations: ['https://127.0.0.1:10250/exec'] }) },
    'CAUnavailable',
    'has a "authorizations" at 127.0.0.1:10250, another host',
  ],
  [
    'keeps the certificate at another host',
    {
      finalize: members({ certificate: 'https://bank.example/' }),
      order: from(2, members({ certificate: 'https://bank.example/' })),
    },
    'CAUnavailable',
    'has a "certificate" at bank.example, another host',
  ],
  // The connection.
  ['never answers newOrder', { newOrder: silence }, 'CAUnavailable', 'it took longer than 0.3 s', 300],
  ['never answers for an order', { order: silence }, 'CAUnavailable', 'it took longer than 0.3 s', 300],
  [
    'closes every connection',
    { every: raw((response) => response.socket?.destroy()) },
    'CAUnavailable',
    'the connection was closed before the answer was complete',
  ],
]);
