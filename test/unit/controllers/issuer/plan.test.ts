import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IssuerStatus } from '../../../../src/api/index.ts';
import type { AccountSeen, KeySeen, Observed } from '../../../../src/controllers/issuer/observed.ts';
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
const refused: AccountSeen = { state: 'refused', type: 'malformed', why: 'no', passing: false, askAgainAt: tomorrow };
const ended: AccountSeen = {
  ...refused,
  type: 'unauthorized',
  why: 'an account with the key exists but is deactivated',
};

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
  acme: {
    uri,
    directory: 'https://ca.test/directory',
    termsOfService: 'https://ca.test/terms',
    lastRegisteredEmail: 'admin@example.com',
    keyThumbprint: 'thumb',
  },
};

/** The status of an account whose key is being changed since so many seconds before now. */
const changingFor = (seconds: number): IssuerStatus => ({
  ...readyStatus,
  acme: { ...readyStatus.acme, rollover: { since: new Date(now.getTime() - seconds * 1_000).toISOString() } },
});

type ReadableKey = Extract<KeySeen, { state: 'readable' }>;

const keySecret = { uid: 'secret-uid', resourceVersion: '7', type: 'Opaque', ours: true };
const readable: ReadableKey = {
  state: 'readable',
  pem: 'a key',
  thumbprint: 'thumb',
  secret: keySecret,
  next: undefined,
};
const otherKey: ReadableKey = { ...readable, pem: 'b', thumbprint: 'other' };
const strangersKey: ReadableKey = { ...readable, secret: { ...keySecret, ours: false } };
const withNext: ReadableKey = { ...readable, next: { pem: 'c', thumbprint: 'next' } };
const rollover = { 'evercert.dev/rollover': 'thumb' };
const newAccount = { 'evercert.dev/new-account': uri };

interface Change extends Partial<Omit<Observed, 'issuer'>> {
  readonly status?: IssuerStatus;
  readonly spec?: object;
  readonly generation?: number;
  readonly annotations?: Record<string, string>;
}

function seen({ status = {}, spec = {}, generation = 1, annotations = {}, ...change }: Change = {}): Observed {
  const object = {
    apiVersion: 'evercert.dev/v1',
    kind: 'Issuer',
    metadata: { namespace: 'team', name: 'main', generation, annotations },
    spec: { acme: { ...acmeSpec, ...spec } },
    status,
  };
  const issuer = projectIssuer(object);
  return {
    issuer,
    secretNamespace: 'team',
    accountKey: readable,
    account: known,
    next: undefined,
    openOrders: 0,
    binding: { state: 'none' },
    ...change,
  };
}

/** The plan as a word: the step, and for a status its reason and whether a person is needed. */
function planned(world: Observed): string {
  const next = plan(world, now);
  if (next.step === 'rest') return `rest ${(next.until.getTime() - now.getTime()) / 1_000}`;
  if (!('status' in next)) return next.step;
  const of = (wanted: string): string => {
    const found = next.status.conditions?.find(({ type }) => type === wanted);
    return `${found?.status} ${found?.reason}`;
  };
  return `${of('Ready')}${of('Stalled').startsWith('True') ? ', stalled' : ''}`;
}

const cases: readonly (readonly [name: string, world: Observed, expected: string])[] = [
  ['makes the key first, whatever else', seen({ accountKey: { state: 'absent' }, account: unasked }), 'createKey'],
  [
    'makes no key in the place of one that is lost, because a new account comes with it',
    seen({ accountKey: { state: 'absent' }, status: readyStatus }),
    'False AccountKeyMissing, stalled',
  ],
  [
    'makes one where the user gives the account up by its URL',
    seen({ accountKey: { state: 'absent' }, status: readyStatus, annotations: newAccount }),
    'createKey',
  ],
  [
    'makes none for the URL of another account, as a copied annotation has it',
    seen({
      accountKey: { state: 'absent' },
      status: readyStatus,
      annotations: { 'evercert.dev/new-account': `${uri}0` },
    }),
    'False AccountKeyMissing, stalled',
  ],
  [
    'makes a key for another CA',
    seen({ accountKey: { state: 'absent' }, status: readyStatus, spec: { server: 'https://other.test/directory' } }),
    'createKey',
  ],
  [
    'makes no key where it is told to make none',
    seen({ accountKey: { state: 'absent' }, spec: { disableAccountKeyGeneration: true } }),
    'False AccountKeyMissing, stalled',
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
  ['says that the account is ready', seen({ spec: { email: '' } }), 'True AccountReady'],
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
    'False AccountDeactivated, stalled',
  ],
  [
    'needs a person where the CA says so of the key alone',
    seen({ account: ended, status: readyStatus }),
    'False AccountDeactivated, stalled',
  ],
  [
    'takes another key in the place of one whose account was ended, on the user’s word',
    seen({ account: ended, status: readyStatus, annotations: newAccount }),
    'replaceKey',
  ],
  [
    'does not touch the key of others, not even then',
    seen({ account: ended, status: readyStatus, annotations: newAccount, accountKey: strangersKey }),
    'False AccountDeactivated, stalled',
  ],
  [
    'makes no second account in silence',
    seen({ account: unknown, status: readyStatus }),
    'False AccountUnknown, stalled',
  ],
  [
    'makes none either for another key, which may be the wrong one',
    seen({ account: unknown, status: readyStatus, accountKey: otherKey }),
    'False AccountUnknown, stalled',
  ],
  [
    'makes one on the user’s word',
    seen({ account: unknown, status: readyStatus, annotations: newAccount }),
    'createAccount',
  ],
  [
    'takes the account of another key that the CA knows',
    seen({
      account: { ...known, account: { ...account, url: `${uri}0` } },
      status: readyStatus,
      accountKey: otherKey,
      spec: { email: '' },
    }),
    'True AccountReady',
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
  [
    'needs a person where the directory has moved, also of an account that was ready',
    seen({ account: { ...silent, misconfigured: true, movedTo: 'https://new.test/directory' }, status: readyStatus }),
    'False DirectoryMoved, stalled',
  ],
  ['gives the account the address of the spec', seen({ spec: { email: 'new@example.com' } }), 'updateContact'],
  [
    'gives it none where the spec has none any more',
    seen({ status: readyStatus, spec: { email: '' }, generation: 2 }),
    'updateContact',
  ],
  [
    'stays ready where the CA does not take the address, and says so',
    seen({ account: { ...known, contactRefused: 'no such host' }, spec: { email: 'new@example.test' } }),
    'True ContactRefused',
  ],
  [
    'tells of new terms, and stays ready',
    seen({
      account: { ...known, directory: { ...directory, termsOfService: 'https://ca.test/2' } },
      status: readyStatus,
    }),
    'True TermsChanged',
  ],
  [
    'tells of them no more once they are agreed to',
    seen({
      account: { ...known, directory: { ...directory, termsOfService: 'https://ca.test/2' } },
      status: readyStatus,
      annotations: { 'evercert.dev/agree': 'https://ca.test/2' },
    }),
    'True AccountReady',
  ],
  [
    'needs a person where the CA does not have the profile',
    seen({ status: readyStatus, spec: { profile: 'toString' }, generation: 2 }),
    'True InvalidProfile, stalled',
  ],
  [
    'ends the account that the user names',
    seen({ status: readyStatus, annotations: { 'evercert.dev/deactivate': uri } }),
    'deactivateAccount',
  ],
  ['ends no other', seen({ status: readyStatus, annotations: { 'evercert.dev/deactivate': `${uri}0` } }), 'rest 600'],
  [
    'holds orders back before the key is changed',
    seen({ status: readyStatus, annotations: rollover }),
    'True KeyChanging',
  ],
  [
    'changes no key that is not the one in use',
    seen({ status: readyStatus, annotations: { 'evercert.dev/rollover': 'earlier' } }),
    'rest 600',
  ],
  [
    'changes no key in a Secret of others',
    seen({ status: readyStatus, annotations: rollover, accountKey: strangersKey }),
    'True KeyChangeRefused, stalled',
  ],
  [
    'waits for orders that are just being placed',
    seen({ status: changingFor(80), annotations: rollover }),
    'True KeyChanging',
  ],
  ['stores the next key then', seen({ status: changingFor(90), annotations: rollover }), 'storeNextKey'],
  [
    'waits for open orders',
    seen({ status: changingFor(890), annotations: rollover, openOrders: 1 }),
    'True KeyChanging',
  ],
  [
    'waits for them a quarter of an hour at most',
    seen({ status: changingFor(900), annotations: rollover, openOrders: 1 }),
    'storeNextKey',
  ],
  [
    'tells the CA of the next key once it is stored, and not known to the CA',
    seen({ status: changingFor(91), annotations: rollover, accountKey: withNext, next: unknown }),
    'changeKey',
  ],
  [
    'uses the next key once the CA knows the account by it',
    seen({ status: changingFor(91), annotations: rollover, accountKey: withNext, account: unknown, next: known }),
    'switchKey',
  ],
  [
    'does so also without the word for it and without a status, as after a restore',
    seen({ accountKey: withNext, account: unknown, next: known }),
    'switchKey',
  ],
  [
    'uses no key of another account',
    seen({
      status: changingFor(91),
      annotations: rollover,
      accountKey: withNext,
      next: { ...known, account: { ...account, url: `${uri}0` } },
    }),
    'True KeyChangeRefused, stalled',
  ],
  [
    'drops the next key where nobody asks for it any more and the CA does not know it',
    seen({ status: readyStatus, accountKey: withNext, next: unknown }),
    'dropNextKey',
  ],
  [
    'keeps holding orders back while it is not known whether the CA has changed the key',
    seen({ status: changingFor(91), annotations: rollover, accountKey: withNext, next: silent }),
    'True KeyChanging',
  ],
  [
    'holds them back no longer where the CA refuses',
    seen({ status: changingFor(91), annotations: rollover, accountKey: withNext, next: refused }),
    'True KeyChangeRefused',
  ],
  [
    'gives up after twenty minutes',
    seen({ status: changingFor(1_200), annotations: rollover, accountKey: withNext, next: unknown }),
    'True KeyChangeRefused',
  ],
  [
    'begins anew an hour later',
    seen({ status: changingFor(4_800), annotations: rollover, accountKey: withNext, next: unknown }),
    'True KeyChanging',
  ],
  [
    'does not believe that the account is lost before it has asked for it by the next key',
    seen({ status: changingFor(91), accountKey: withNext, account: unknown, next: silent }),
    'rest 5',
  ],
  [
    'believes it where the CA knows neither key',
    seen({ status: changingFor(91), annotations: rollover, accountKey: withNext, account: unknown, next: unknown }),
    'False AccountUnknown, stalled',
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
    for (const annotations of [
      rollover,
      { 'evercert.dev/deactivate': uri },
      { 'evercert.dev/agree': 'https://ca.test/2' },
    ]) {
      assert.equal(wantsLookup(seen({ account: unasked, status: readyStatus, annotations }), now), true);
    }
    for (const annotations of [newAccount, { 'evercert.dev/agree': 'https://ca.test/terms' }]) {
      assert.equal(wantsLookup(seen({ account: unasked, status: readyStatus, annotations }), now), false);
    }
  });
});
