/** Builders of what a pass of an issuer sees, with one whose account is there as the default, and what is asked of each plan. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { IssuerStatus } from '../../../../src/api/index.ts';
import type { AccountSeen, KeySeen, Observed } from '../../../../src/controllers/issuer/observed.ts';
import { plan } from '../../../../src/controllers/issuer/plan.ts';
import { projectIssuer } from '../../../../src/controllers/issuer-row.ts';
import { acmeSpec } from './world.ts';

export const now = new Date('2026-06-01T00:00:00Z');
export const tomorrow = new Date('2026-06-02T00:00:00Z');
export const soon = new Date('2026-06-01T00:00:05Z');
export const uri = 'https://ca.test/account/1';
export const directory = {
  termsOfService: 'https://ca.test/terms',
  externalAccountRequired: false,
  profiles: {},
  renewalInfo: true,
};
export const account = { url: uri, status: 'valid', created: false };

export const known = {
  state: 'known',
  account,
  directory,
  registeredEmail: undefined,
  askAgainAt: tomorrow,
} satisfies AccountSeen;
export const unasked = { state: 'unasked', askAgainAt: tomorrow } satisfies AccountSeen;
export const unknown = { state: 'unknown', directory, askAgainAt: tomorrow } satisfies AccountSeen;
export const silent = {
  state: 'unavailable',
  why: 'no answer',
  misconfigured: false,
  askAgainAt: soon,
} satisfies AccountSeen;
export const refused = {
  state: 'refused',
  type: 'malformed',
  why: 'no',
  passing: false,
  askAgainAt: tomorrow,
} satisfies AccountSeen;
export const ended = {
  ...refused,
  type: 'unauthorized',
  why: 'an account with the key exists but is deactivated',
} satisfies AccountSeen;

export const readyStatus: IssuerStatus = {
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
export const changingFor = (seconds: number): IssuerStatus => ({
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
export const otherKey: ReadableKey = { ...readable, pem: 'b', thumbprint: 'other' };
export const strangersKey: ReadableKey = { ...readable, secret: { ...keySecret, ours: false } };
export const withNext: ReadableKey = { ...readable, next: { pem: 'c', thumbprint: 'next' } };
export const rollover = { 'evercert.dev/rollover': 'thumb' };
export const newAccount = { 'evercert.dev/new-account': uri };

interface Change extends Partial<Omit<Observed, 'issuer'>> {
  readonly status?: IssuerStatus;
  readonly spec?: object;
  readonly generation?: number;
  readonly annotations?: Record<string, string>;
}

/** What a pass sees. */
export function seen({ status = {}, spec = {}, generation = 1, annotations = {}, ...change }: Change = {}): Observed {
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

/** What is seen, and the plan for it as a word. */
export type Case = readonly [name: string, world: Observed, expected: string];

/** A test for each case, and one that each of them comes to rest. */
export function testCases(cases: readonly Case[]): void {
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
}
