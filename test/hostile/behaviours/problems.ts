import { behaviours } from '../behaviour.ts';
import { both, bytes, headers, members, membersOf, problem, status } from '../twists.ts';

const limited = (retryAfter: string) =>
  both(problem(429, 'rateLimited', 'too many'), headers({ 'retry-after': retryAfter }));
const odd = 'a\u0000b\u001b[31mred\u001b[0m\r\n{"level":"error","message":"fake"}\u202Egnp.exe\u2028c\u0085d';

/** What is wrong with a refusal, with waits and with nonces. */
export const problems = behaviours([
  // Words.
  [
    'refuses in control characters',
    { newOrder: problem(403, 'rejectedIdentifier', odd) },
    'OrderFailed',
    'a b [31mred [0m {"level":"error","message":"fake"} gnp.exe c d (rejectedIdentifier)',
  ],
  [
    'refuses in a thousand lines',
    { newOrder: problem(403, 'rejectedIdentifier', 'line\n'.repeat(1_000)) },
    'OrderFailed',
    'line line line',
  ],
  ['refuses in 500 KB', { newOrder: problem(403, 'rejectedIdentifier', 'x'.repeat(500_000)) }, 'OrderFailed', 'xxxxx'],
  [
    'refuses in more than 1 MiB',
    { newOrder: problem(403, 'rejectedIdentifier', 'x'.repeat(1_100_000)) },
    'CAUnavailable',
    'its reply is larger than 1 MiB',
  ],
  [
    'refuses a hundred names at length',
    {
      newOrder: problem(403, 'compound', 'see below', {
        subproblems: Array.from({ length: 1_000 }, (_, n) => ({
          type: 'urn:ietf:params:acme:error:caa',
          detail: 'y'.repeat(500),
          identifier: { type: 'dns', value: `n${n}.example` },
        })),
      }),
    },
    'OrderFailed',
    'see below (compound): n0.example: yyy',
  ],
  [
    'refuses with a type of control characters',
    { newOrder: problem(403, '\u001b[2J\nodd', 'no') },
    'OrderFailed',
    'no ( [2J odd)',
  ],
  [
    'refuses with an unknown type',
    { newOrder: problem(400, 'fullMoon', 'come again') },
    'OrderFailed',
    'come again (fullMoon)',
  ],
  ['refuses without a word', { newOrder: problem(403, '', '') }, 'OrderFailed', 'The CA refused to take an order'],
  [
    'sends people to a script',
    { newOrder: problem(403, 'userActionRequired', 'agree', { instance: 'javascript:alert(1)' }) },
    'UserActionRequired',
    'agree (userActionRequired). A person has to visit the page of the CA',
  ],
  [
    'refuses a challenge in control characters',
    {
      order: members({ status: 'invalid' }),
      authorization: membersOf((asked, { challenges = [] }) =>
        asked.nth <= 2
          ? {}
          : {
              status: 'invalid',
              challenges: challenges.map((one) => ({
                ...one,
                status: 'invalid',
                error: { type: 'urn:ietf:params:acme:error:connection', detail: odd },
              })),
            },
      ),
    },
    'OrderFailed',
    'The CA refused: ca.example: a b [31mred',
  ],
  [
    'knows no profile',
    { newOrder: problem(400, 'invalidProfile', 'no such profile') },
    'OrderFailed',
    'The CA refused to take an order: no such profile (invalidProfile)',
  ],
  // States of HTTP.
  [
    'answers 500 for ever',
    { newOrder: problem(500, 'serverInternal', 'oops') },
    'CAUnavailable',
    'oops (serverInternal)',
  ],
  ['answers 503 with HTML', { newOrder: status(503) }, 'CAUnavailable', 'status 503, without saying why'],
  [
    'answers 200 with a problem',
    { newOrder: problem(200, 'malformed', 'no') },
    'CAUnavailable',
    "the CA's reply to the request for newOrder",
  ],
  ['answers 204', { newOrder: status(204, '') }, 'CAUnavailable', "the CA's reply to the request for newOrder"],
  ['answers 304', { newOrder: status(304, '') }, 'CAUnavailable', 'status 304'],
  ['answers 999', { newOrder: bytes('HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n') }, 'CAUnavailable', 'status 999'],
  [
    'speaks no HTTP',
    { newOrder: bytes('\u0000\u0001\u0002SSH-2.0-OpenSSH\r\n') },
    'CAUnavailable',
    'its reply is no HTTP',
  ],
  // Waits.
  [
    'limits without saying until when',
    { newOrder: problem(429, 'rateLimited', 'paused') },
    'RateLimited',
    'paused (rateLimited)',
  ],
  ['limits for no time', { newOrder: limited('0') }, 'RateLimited', 'too many (rateLimited)'],
  ['limits for ten years', { newOrder: limited(String(10 * 365 * 86_400)) }, 'RateLimited', 'too many (rateLimited)'],
  [
    'limits for longer than numbers go',
    { newOrder: limited('9'.repeat(400)) },
    'RateLimited',
    'too many (rateLimited)',
  ],
  ['limits for a negative time', { newOrder: limited('-3600') }, 'RateLimited', 'too many (rateLimited)'],
  ['limits until nonsense', { newOrder: limited('soon') }, 'RateLimited', 'too many (rateLimited)'],
  [
    'limits until a date',
    { newOrder: (honest, asked) => limited(new Date(Date.now() + 7_200_000).toUTCString())(honest, asked) },
    'RateLimited',
    'too many (rateLimited)',
  ],
  [
    'limits until a date that is past',
    { newOrder: limited('Thu, 01 Jan 1970 00:00:00 GMT') },
    'RateLimited',
    'too many (rateLimited)',
  ],
  // Nonces.
  ['refuses every nonce', { newOrder: problem(400, 'badNonce', 'try again') }, 'CAUnavailable', 'nonces in a row'],
  [
    'refuses a nonce and gives no other',
    { newOrder: both(problem(400, 'badNonce', 'try again'), headers({ 'replay-nonce': [] })) },
    'CAUnavailable',
    'it refused a nonce and gave no other',
  ],
  ['has no nonces', { every: headers({ 'replay-nonce': [] }) }, 'CAUnavailable', 'newNonce at 127.0.0.1'],
  [
    'gives nonces that are no base64url',
    { every: headers({ 'replay-nonce': 'a"b{c}' }) },
    'CAUnavailable',
    'has no Replay-Nonce',
  ],
  [
    'gives nonces of 10 KB',
    { every: headers({ 'replay-nonce': 'x'.repeat(10_000) }) },
    'CAUnavailable',
    'has no Replay-Nonce',
  ],
  [
    'gives nonces with a line break',
    { every: bytes('HTTP/1.1 200 OK\r\nReplay-Nonce: a\r\n b\r\ncontent-length: 2\r\n\r\n{}') },
    'CAUnavailable',
    'the CA',
  ],
]);
