import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IssuerStatus } from '../../../../src/api/index.ts';
import type { AccountSeen, Observed } from '../../../../src/controllers/issuer/observed.ts';
import { plan, wantsLookup } from '../../../../src/controllers/issuer/plan.ts';
import { projectIssuer } from '../../../../src/controllers/issuer-row.ts';
import { acmeSpec } from './world.ts';

const now = new Date('2026-06-01T00:00:00Z');
const tomorrow = new Date('2026-06-02T00:00:00Z');
const soon = new Date('2026-06-01T00:00:05Z');
const uri = 'https://ca.test/account/1';
const directory = {
  termsOfService: 'https://ca.test/terms',
  externalAccountRequired: false,
  profiles: {},
  renewalInfo: true,
};
const account = { url: uri, status: 'valid', created: false };

const known: AccountSeen = { state: 'known', account, directory, registeredEmail: undefined, askAgainAt: tomorrow };
const unasked: AccountSeen = { state: 'unasked', askAgainAt: tomorrow };
const unknown: AccountSeen = { state: 'unknown', directory, askAgainAt: tomorrow };
const silent: AccountSeen = { state: 'unavailable', why: 'no answer', misconfigured: false, askAgainAt: soon };
const refused: AccountSeen = { state: 'refused', why: 'no', passing: false, askAgainAt: tomorrow };

const readyStatus: IssuerStatus = {
  observedGeneration: 1,
  conditions: ['Ready', 'Stalled'].map((type) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    reason: 'AccountReady',
    message: type === 'Ready' ? 'The account is ready.' : 'Nobody is needed.',
    lastTransitionTime: '2026-05-01T00:00:00Z',
    observedGeneration: 1,
  })),
  acme: { uri, termsOfService: 'https://ca.test/terms', keyThumbprint: 'thumb' },
};

interface Change extends Partial<Omit<Observed, 'issuer'>> {
  readonly status?: IssuerStatus;
  readonly spec?: object;
  readonly generation?: number;
}

function seen({ status = {}, spec = {}, generation = 1, ...change }: Change = {}): Observed {
  const object = {
    apiVersion: 'evercert.dev/v1',
    kind: 'Issuer',
    metadata: { namespace: 'team', name: 'main', generation },
    spec: { acme: { ...acmeSpec, ...spec } },
    status,
  };
  const issuer = projectIssuer(object);
  return {
    issuer,
    secretNamespace: 'team',
    accountKey: { state: 'readable', pem: 'a key', thumbprint: 'thumb' },
    account: known,
    binding: { state: 'none' },
    ...change,
  };
}

/** The plan as a word: the step, and for a status its reason and whether a person is needed. */
function planned(world: Observed): string {
  const next = plan(world, now);
  if (next.step === 'rest') return `rest ${(next.until.getTime() - now.getTime()) / 1_000}`;
  if (next.step !== 'recordStatus') return next.step;
  const of = (wanted: string): string => {
    const found = next.status.conditions?.find(({ type }) => type === wanted);
    return `${found?.status} ${found?.reason}`;
  };
  return `${of('Ready')}${of('Stalled').startsWith('True') ? ', stalled' : ''}`;
}

const cases: readonly (readonly [name: string, world: Observed, expected: string])[] = [
  ['makes the key first, whatever else', seen({ accountKey: { state: 'absent' }, account: unasked }), 'createKey'],
  [
    'makes the key anew that somebody deleted',
    seen({ accountKey: { state: 'absent' }, status: readyStatus }),
    'createKey',
  ],
  [
    'needs a person for a key that it cannot read',
    seen({ accountKey: { state: 'unreadable', why: 'It is none' }, status: readyStatus }),
    'False AccountKeyInvalid, stalled',
  ],
  ['makes the account that the CA does not know', seen({ account: unknown }), 'createAccount'],
  [
    'makes no account while the terms are held back',
    seen({ account: unknown, spec: { termsOfServiceAgreed: false } }),
    'False TermsNotAgreed, stalled',
  ],
  [
    'takes a ready account back when the terms are held back',
    seen({ account: unasked, status: readyStatus, generation: 2, spec: { termsOfServiceAgreed: false } }),
    'False TermsNotAgreed, stalled',
  ],
  ['says that the account is ready', seen(), 'True AccountReady'],
  ['says it for each generation', seen({ status: readyStatus, generation: 2 }), 'True AccountReady'],
  ['rests for ten minutes where the status says it all', seen({ status: readyStatus }), 'rest 600'],
  ['rests where nothing new is known', seen({ status: readyStatus, account: unasked }), 'rest 600'],
  ['rests until a silent CA is asked again', seen({ status: readyStatus, account: silent }), 'rest 5'],
  [
    'says that a silent CA is in the way of a new generation',
    seen({ status: readyStatus, generation: 2, account: silent }),
    'False DirectoryUnavailable',
  ],
  [
    'needs a person where the CA cannot even be asked',
    seen({ account: { ...silent, misconfigured: true } }),
    'False DirectoryUnavailable, stalled',
  ],
  [
    'needs a person where the CA refuses',
    seen({ account: refused, status: readyStatus }),
    'False AccountRefused, stalled',
  ],
  [
    'stays ready through a passing refusal',
    seen({ account: { ...refused, passing: true }, status: readyStatus }),
    'rest 600',
  ],
  [
    'needs a person where the account is deactivated',
    seen({ account: { ...known, account: { ...account, status: 'deactivated' } }, status: readyStatus }),
    'False AccountRefused, stalled',
  ],
  [
    'makes no second account in silence',
    seen({ account: unknown, status: readyStatus }),
    'False AccountRefused, stalled',
  ],
  [
    'makes an account for another key',
    seen({ account: unknown, status: readyStatus, accountKey: { state: 'readable', pem: 'b', thumbprint: 'other' } }),
    'createAccount',
  ],
  [
    'makes an account at another CA',
    seen({ account: unknown, status: readyStatus, spec: { server: 'https://other.test/directory' } }),
    'createAccount',
  ],
  [
    'needs an external account where the CA demands one',
    seen({ account: { ...unknown, directory: { ...directory, externalAccountRequired: true } } }),
    'False AccountRefused, stalled',
  ],
  [
    'needs a readable key of the external account',
    seen({ account: unknown, binding: { state: 'unreadable', why: 'It is missing' } }),
    'False AccountKeyInvalid, stalled',
  ],
  [
    'makes an account that is bound',
    seen({ account: unknown, binding: { state: 'readable', keyId: 'kid', hmacKey: 'bWFj' } }),
    'createAccount',
  ],
];

describe('issuer plan', () => {
  for (const [name, world, expected] of cases) {
    it(name, () => assert.equal(planned(world), expected));
  }

  it('comes to rest: a status that is recorded is not asked for again', () => {
    for (const [name, world] of cases) {
      const next = plan(world, now);
      if (next.step !== 'recordStatus') continue;
      const issuer = { ...world.issuer, status: next.status };
      assert.equal(plan({ ...world, issuer }, new Date('2026-06-01T00:00:01Z')).step, 'rest', name);
    }
  });

  it('keeps what is known of the account while it is not ready', () => {
    const next = plan(seen({ account: silent, status: readyStatus, generation: 2 }), now);
    assert.ok(next.step === 'recordStatus');
    assert.deepEqual(next.status.acme, readyStatus.acme);
  });

  it('asks the CA only where the status does not say it, or it is time', () => {
    assert.equal(wantsLookup(seen({ account: unasked }), now), true);
    assert.equal(wantsLookup(seen({ account: unasked, status: readyStatus }), now), false);
    assert.equal(wantsLookup(seen({ account: unasked, status: readyStatus }), tomorrow), true);
    assert.equal(wantsLookup(seen({ account: silent }), now), false);
    assert.equal(wantsLookup(seen({ account: silent }), soon), true);
    assert.equal(wantsLookup(seen({ accountKey: { state: 'absent' }, account: unasked }), tomorrow), false);
  });
});
