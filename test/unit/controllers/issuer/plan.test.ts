import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan, wantsLookup } from '../../../../src/controllers/issuer/plan.ts';
import {
  account,
  type Case,
  directory,
  ended,
  known,
  newAccount,
  now,
  otherKey,
  readyStatus,
  refused,
  rollover,
  seen,
  silent,
  soon,
  strangersKey,
  testCases,
  tomorrow,
  unasked,
  unknown,
  uri,
} from './plan-cases.ts';

const cases: readonly Case[] = [
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
];

describe('issuer plan', () => {
  testCases(cases);

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
