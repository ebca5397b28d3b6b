import { behaviours } from '../behaviour.ts';
import { both, from, headers, members, membersOf, problem } from '../twists.ts';

const tenYears = String(10 * 365 * 86_400);
const other = {
  identifiers: [
    { type: 'dns', value: 'bank.example' },
    { type: 'dns', value: 'ca.example' },
  ],
};
const processing = members({ status: 'processing', certificate: undefined });

/** What is wrong with an order. */
export const orders = behaviours([
  // Names and authorizations.
  [
    'makes an order for other names',
    { newOrder: members(other) },
    'OrderFailed',
    'made an order for other names: dns:bank.example dns:ca.example',
  ],
  [
    'makes an order for one name more',
    {
      newOrder: membersOf((_, { identifiers }) => ({
        identifiers: [...(identifiers ?? []), { type: 'dns', value: 'bank.example' }],
      })),
    },
    'OrderFailed',
    'made an order for other names',
  ],
  [
    'makes an order for the same name twice',
    { newOrder: members({ identifiers: Array.from({ length: 2 }, () => ({ type: 'dns', value: 'ca.example' })) }) },
    'OrderFailed',
    'made an order for other names',
  ],
  [
    'makes an order for no name',
    { newOrder: members({ identifiers: [] }) },
    'OrderFailed',
    'made an order for other names: none',
  ],
  ['changes the names of an order', { order: members(other) }, 'OrderFailed', 'changed the names of the order'],
  [
    'changes the authorizations of an order',
    { order: membersOf((asked) => ({ authorizations: [asked.url('/authorization/1-0')] })) },
    'OrderFailed',
    'changed the authorizations of the order',
  ],
  [
    'makes an order with a million authorizations',
    {
      newOrder: membersOf((asked) => ({
        authorizations: Array.from({ length: 1_000_000 }, () => asked.url('/authorization/1-0')),
      })),
    },
    'CAUnavailable',
    'its reply is larger than 1 MiB',
  ],
  [
    'makes an order with 900 authorizations',
    {
      newOrder: membersOf((asked) => ({
        authorizations: Array.from({ length: 900 }, (_, n) => asked.url(`/authorization/1-${n}`)),
      })),
    },
    'OrderFailed',
    'made an order with 900 authorizations for 2 names',
  ],
  [
    'makes an order with the same authorization twice',
    {
      newOrder: membersOf((asked) => ({
        authorizations: Array.from({ length: 2 }, () => asked.url(`/authorization/${asked.order}-0`)),
      })),
    },
    'OrderFailed',
    'names one authorization twice',
  ],
  [
    'makes an order without authorizations',
    { newOrder: members({ authorizations: [] }), order: members({ authorizations: [] }) },
    'CAUnavailable',
    'has left the order pending for 10 minutes',
  ],
  // States.
  [
    'makes an order that is invalid from the start',
    { newOrder: members({ status: 'invalid' }) },
    'OrderFailed',
    'made an order that is invalid from the start: it gives no reason',
  ],
  [
    'makes an order of an unknown state',
    { newOrder: members({ status: 'odd\u0007' }) },
    'CAUnavailable',
    'has a "status" that is no text',
  ],
  [
    'makes an order that has expired',
    { newOrder: members({ expires: '2020-01-01T00:00:00Z' }) },
    'OrderFailed',
    'The order expired at 2020-01-01T00:00:00Z',
  ],
  [
    'makes an order that expires at no time',
    { newOrder: members({ expires: 'soon' }) },
    'CAUnavailable',
    'has a "expires" that is no date',
  ],
  [
    'never validates',
    { order: members({ status: 'pending' }) },
    'CAUnavailable',
    'has left the order pending for 10 minutes',
  ],
  [
    'never validates, and asks to wait ten years',
    { order: both(members({ status: 'pending' }), headers({ 'retry-after': tenYears })) },
    'CAUnavailable',
    'has left the order pending for 10 minutes',
  ],
  [
    'never issues',
    { finalize: processing, order: from(2, processing) },
    'CAUnavailable',
    'has left the order processing for 10 minutes',
  ],
  [
    'never issues, and asks to wait ten years',
    { finalize: both(processing, headers({ 'retry-after': tenYears })), order: from(2, processing) },
    'CAUnavailable',
    'has left the order processing for 10 minutes',
  ],
  [
    'never issues, and asks to be asked at once',
    {
      finalize: both(processing, headers({ 'retry-after': '0' })),
      order: from(2, both(processing, headers({ 'retry-after': '0' }))),
    },
    'CAUnavailable',
    'has left the order processing for 10 minutes',
  ],
  [
    'leaves an order ready that was finalized',
    {
      finalize: members({ status: 'ready', certificate: undefined }),
      order: members({ status: 'ready', certificate: undefined }),
    },
    'CAUnavailable',
    'left the order ready',
  ],
  [
    'says of every order that it is not ready',
    { finalize: problem(403, 'orderNotReady', 'not yet'), order: members({ status: 'ready', certificate: undefined }) },
    'CAUnavailable',
    'not yet (orderNotReady)',
  ],
  [
    'makes an order valid without a certificate',
    { finalize: members({ certificate: undefined }) },
    'OrderFailed',
    'says that the order is valid and gives no URL of a certificate',
  ],
  [
    'makes an order invalid without a reason',
    { order: members({ status: 'invalid' }) },
    'OrderFailed',
    'refused the order: it gives no reason',
  ],
  [
    'refuses the signing request',
    { finalize: problem(400, 'badCSR', 'no such key') },
    'KeyRefused',
    'The CA refused to finalize the order: no such key (badCSR)',
  ],
  [
    'forgets every order',
    { order: problem(404, 'malformed', 'No such order') },
    'OrderFailed',
    'no longer knows the order: No such order (malformed)',
  ],
]);
