import { behaviours } from '../behaviour.ts';
import { body, both, headers, members, membersOf, problem, silence, status } from '../twists.ts';

const metadata = 'http://169.254.169.254/latest/meta-data/';
const odd = 'a\u0000b\u001b[31mred\u001b[0m\r\nfake\u202Egnp';

/** What is wrong with a directory or an account. */
export const issuers = behaviours([
  ['has no directory', { directory: status(404, '') }, 'DirectoryUnavailable', 'status 404'],
  ['has a directory of HTML', { directory: body('<html>') }, 'DirectoryUnavailable', 'is no JSON object'],
  ['has a directory that is a list', { directory: body('[]') }, 'DirectoryUnavailable', 'is no JSON object'],
  ['never shows its directory', { directory: silence }, 'DirectoryUnavailable', 'it took longer than 0.3 s', 300],
  [
    'redirects its directory to a metadata service',
    { directory: status(301, '', { location: metadata }) },
    'DirectoryUnavailable',
    'status 301',
  ],
  [
    'leaves newOrder out of its directory',
    { directory: members({ newOrder: undefined }) },
    'DirectoryUnavailable',
    'has no "newOrder"',
  ],
  [
    'takes accounts at a metadata service',
    { directory: members({ newAccount: 'https://169.254.169.254/' }) },
    'DirectoryUnavailable',
    'has a "newAccount" at 169.254.169.254, another host',
  ],
  [
    'gives nonces without TLS',
    { directory: membersOf(({ url }) => ({ newNonce: url('/newNonce').replace('https:', 'http:') })) },
    'DirectoryUnavailable',
    'has a "newNonce" that is no https URL',
  ],
  [
    'has terms in control characters',
    { directory: members({ meta: { termsOfService: odd } }) },
    'DirectoryUnavailable',
    'has a "termsOfService" that is no text',
  ],
  [
    'needs externally made accounts, or so',
    { directory: members({ meta: { externalAccountRequired: 'yes' } }) },
    'DirectoryUnavailable',
    'neither true nor false',
  ],
  [
    'has a directory of 2 MB',
    { directory: members({ meta: { website: 'x'.repeat(2_000_000) } }) },
    'DirectoryUnavailable',
    'larger than 1 MiB',
  ],
  ['never makes an account', { newAccount: silence }, 'DirectoryUnavailable', 'it took longer than 0.3 s', 300],
  [
    'makes accounts without a URL',
    { newAccount: (honest) => ({ ...honest, headers: {} }) },
    'DirectoryUnavailable',
    'has no Location',
  ],
  [
    'makes accounts at another host',
    { newAccount: headers({ location: 'https://bank.example/' }) },
    'DirectoryUnavailable',
    'has a "Location" at bank.example, another host',
  ],
  [
    'makes accounts that are revoked',
    { newAccount: members({ status: 'revoked' }) },
    'AccountDeactivated',
    '/account/1 was ended',
  ],
  [
    'makes accounts of a status of 2,000 letters',
    { newAccount: members({ status: 'x'.repeat(2_000) }) },
    'AccountDeactivated',
    '/account/1 was ended',
  ],
  [
    'makes accounts of no status',
    { newAccount: members({ status: undefined }) },
    'DirectoryUnavailable',
    'has no "status"',
  ],
  [
    'refuses accounts in control characters',
    { newAccount: problem(400, 'malformed', odd) },
    'AccountRefused',
    'a b [31mred [0m fake gnp (malformed)',
  ],
  [
    'limits accounts for ten years',
    { newAccount: both(problem(429, 'rateLimited', 'too many'), headers({ 'retry-after': '315360000' })) },
    'AccountRefused',
    'too many (rateLimited)',
  ],
  [
    'refuses every nonce of a new account',
    { newAccount: problem(400, 'badNonce', 'again') },
    'DirectoryUnavailable',
    'nonces in a row',
  ],
]);
