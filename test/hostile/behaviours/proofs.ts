import { behaviours } from '../behaviour.ts';
import { members, membersOf, problem, silence } from '../twists.ts';

const challenge = (changes: object) =>
  membersOf((_, { challenges = [] }) => ({
    challenges: challenges.map((one) => ({ ...one, ...changes })),
  }));

/** What is wrong with authorizations and challenges. */
export const proofs = behaviours([
  [
    'gives an authorization for another name',
    { authorization: members({ identifier: { type: 'dns', value: 'bank.example' } }) },
    'OrderFailed',
    'asks for a proof of bank.example, which is none of the names of the order',
  ],
  [
    'gives an authorization for a name of 10 KB',
    { authorization: members({ identifier: { type: 'dns', value: 'x'.repeat(10_000) } }) },
    'CAUnavailable',
    'has a "value" of more than 2,048 characters',
  ],
  [
    'gives authorizations for one name alone',
    { authorization: members({ identifier: { type: 'dns', value: 'ca.example' } }) },
    'OrderFailed',
    'asks twice for a proof of ca.example',
  ],
  [
    'gives the same token twice',
    { authorization: challenge({ token: 'the-same-token-everywhere' }) },
    'OrderFailed',
    'gave one token to two names',
  ],
  [
    'gives a token that is a path',
    { authorization: challenge({ token: '../../etc/passwd' }) },
    'CAUnavailable',
    'has a token that is not base64url',
  ],
  [
    'gives a token of 10 KB',
    { authorization: challenge({ token: 'x'.repeat(10_000) }) },
    'CAUnavailable',
    'has a "token" of more than 2,048 characters',
  ],
  [
    'gives an empty token',
    { authorization: challenge({ token: '' }) },
    'CAUnavailable',
    'has a token that is not base64url',
  ],
  [
    'gives a token with a line break',
    { authorization: challenge({ token: 'a\r\nX-Injected: 1' }) },
    'CAUnavailable',
    'has a "token" that is no text',
  ],
  [
    'gives our own reachability token',
    { authorization: challenge({ token: 'evercert-reachability' }) },
    'OrderFailed',
    'gave one token to two names',
  ],
  [
    'offers no http-01 challenge',
    { authorization: challenge({ type: 'dns-01' }) },
    'OrderFailed',
    'offers no http-01 challenge for ca.example, only dns-01',
  ],
  [
    'offers no challenge at all',
    { authorization: members({ challenges: [] }) },
    'OrderFailed',
    'offers no http-01 challenge for ca.example',
  ],
  [
    'offers challenges of hundreds of unknown kinds',
    {
      authorization: membersOf((_, { challenges = [] }) => ({
        challenges: Array.from({ length: 400 }, (_none, n) => ({
          ...challenges[0],
          type: `odd-${n}-${'x'.repeat(1_000)}`,
        })),
      })),
    },
    'OrderFailed',
    'offers no http-01 challenge for ca.example',
  ],
  [
    'keeps challenges at a metadata service',
    { authorization: challenge({ url: 'https://169.254.169.254/' }) },
    'CAUnavailable',
    'has a "url" at 169.254.169.254, another host',
  ],
  [
    'gives authorizations that are invalid at once',
    { authorization: members({ status: 'invalid' }), order: members({ status: 'pending' }) },
    'CAUnavailable',
    'has left the order pending for 10 minutes',
  ],
  [
    'gives challenges that are never pending',
    { authorization: challenge({ status: 'processing' }) },
    'CAUnavailable',
    'has left the order pending for 10 minutes',
  ],
  ['never answers for an authorization', { authorization: silence }, 'CAUnavailable', 'it took longer than 0.3 s', 300],
  [
    'refuses the answer of a challenge',
    { challenge: problem(400, 'malformed', 'no such challenge') },
    'OrderFailed',
    'The CA refused to validate the names: no such challenge (malformed)',
  ],
]);
