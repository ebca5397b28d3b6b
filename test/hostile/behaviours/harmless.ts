import type { Deviation } from '../ca.ts';
import { body, both, certified, from, headers, members, membersOf, problem, status } from '../twists.ts';

const capitals = (identifiers: readonly object[] = []): object[] =>
  identifiers.map((one) => ({ ...one, value: Object.assign({ value: '' }, one).value.toUpperCase() }));

/** Odd, and no reason to refuse the certificate that comes of it. */
export const harmless: readonly (readonly [name: string, does: Deviation])[] = [
  [
    'writes the names of an order in capitals',
    { newOrder: membersOf((_, { identifiers }) => ({ identifiers: capitals(identifiers) })) },
  ],
  [
    'lists the names of an order the other way round',
    { order: membersOf((_, { identifiers = [] }) => ({ identifiers: identifiers.toReversed() })) },
  ],
  [
    'writes members that nobody knows',
    { every: members({ __proto__: 1, constructor: null, toString: 7, status2: [] }) },
  ],
  ['writes null where there is nothing', { newOrder: members({ expires: null, error: null, replaces: null }) }],
  [
    'redirects the answer of a challenge that it has taken',
    { challenge: status(303, '', { location: 'https://169.254.169.254/' }) },
  ],
  [
    'refuses a nonce ten times',
    { newOrder: (honest, asked) => (asked.nth <= 10 ? problem(400, 'badNonce', 'again')(honest, asked) : honest) },
  ],
  [
    'offers a hundred http-01 challenges for a name',
    {
      authorization: membersOf((asked, { challenges = [] }) => ({
        challenges: Array.from({ length: 100 }, (_, n) =>
          n === 0
            ? challenges[0]
            : { ...challenges[0], url: asked.url(`/challenge/${asked.order}-${n + 50}`), token: `token-${n}` },
        ),
      })),
    },
  ],
  [
    'calls itself an alternate of itself',
    {
      certificate: headers({
        link: ['</certificate/2>;rel="alternate"', '<https://169.254.169.254/>;rel="alternate"'],
      }),
    },
  ],
  ['orders that expire in the year 9999', { newOrder: members({ expires: '9999-12-31T23:59:59.999999Z' }) }],
  [
    'gives HTML for the certificate at first',
    { certificate: (honest, asked) => (asked.nth === 1 ? body('<html>')(honest, asked) : honest) },
  ],
  [
    'gives another certificate at first',
    {
      certificate: (honest, asked) =>
        asked.nth === 1 ? certified({ names: ['bank.example'] })(honest, asked) : honest,
    },
  ],
  [
    'breaks down after each request',
    { every: both(from(1, headers({ connection: 'close' })), headers({ 'replay-nonce': 'the-same' })) },
  ],
];
