import type { Reason } from '../../../src/api/index.ts';
import type { Deviation } from '../../hostile/ca.ts';
import { both, certified, from, headers, members, membersOf, problem, status } from '../../hostile/twists.ts';

/** One kind of failure of the Certificate `www`, made for real. `HOST` stands for its name. */
export interface Failure {
  readonly reason: Reason;
  /** How its CA departs from an honest one. */
  readonly ca?: Deviation;
  /** Its name leads to an address that answers nothing. */
  readonly leadsNowhere?: true;
  /** It names an issuer that there is not. */
  readonly lacksIssuer?: true;
  /** What has the Secret already. */
  readonly secret?: 'of another' | 'of an older Certificate';
}

const unproven = {
  type: 'urn:ietf:params:acme:error:connection',
  detail:
    '192.0.2.10: Fetching http://HOST/.well-known/acme-challenge/token-1-0: Timeout during connect (likely firewall problem)',
};

/** What docs/troubleshooting.md shows as `kubectl describe evcert www` prints it. */
export const failures: readonly Failure[] = [
  { reason: 'IssuerNotFound', lacksIssuer: true },
  {
    reason: 'IssuerNotReady',
    ca: { newAccount: problem(400, 'invalidContact', 'contact email has forbidden domain "example.com"') },
  },
  { reason: 'SecretNotOwned', secret: 'of another' },
  { reason: 'SecretClaimed', secret: 'of an older Certificate' },
  { reason: 'NotReachable', leadsNowhere: true },
  {
    reason: 'OrderFailed',
    ca: {
      order: members({ status: 'invalid' }),
      authorization: from(
        2,
        membersOf((_, { challenges = [] }) => ({
          status: 'invalid',
          challenges: challenges.map((challenge) => ({ ...challenge, status: 'invalid', error: unproven })),
        })),
      ),
    },
  },
  {
    reason: 'RateLimited',
    ca: {
      newOrder: both(
        problem(
          429,
          'rateLimited',
          'too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s: see https://letsencrypt.org/docs/rate-limits/',
        ),
        headers({ 'retry-after': '7200' }),
      ),
    },
  },
  {
    reason: 'Paused',
    ca: {
      newOrder: problem(
        429,
        'rateLimited',
        'Your account is temporarily prevented from requesting certificates for paused.test. Please visit: https://portal.letsencrypt.org/sfe/v1/unpause?jwt=eyJhbGciOiJIUzI1NiJ9',
      ),
    },
  },
  { reason: 'CAUnavailable', ca: { newOrder: status(503) } },
  { reason: 'CertificateRefused', ca: { certificate: certified({ names: ['other.example.com'] }) } },
];
