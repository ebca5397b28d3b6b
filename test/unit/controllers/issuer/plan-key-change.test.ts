import { describe } from 'node:test';
import {
  account,
  type Case,
  changingFor,
  known,
  readyStatus,
  refused,
  rollover,
  seen,
  silent,
  strangersKey,
  testCases,
  unknown,
  uri,
  withNext,
} from './plan-cases.ts';

const cases: readonly Case[] = [
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
    'and while the CA refuses to say so for a reason that passes',
    seen({
      status: changingFor(91),
      annotations: rollover,
      accountKey: withNext,
      next: { ...refused, type: 'serverInternal', passing: true },
    }),
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

describe('issuer plan: the change of a key', () => {
  testCases(cases);
});
