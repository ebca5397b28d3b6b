/** Builders of what a pass sees, with a world in which all is well as the default. */

import type { Condition } from '../../../../src/api/index.ts';
import type {
  Issued,
  Observed,
  OrderSeen,
  OwnSecret,
  Reach,
} from '../../../../src/controllers/certificate/observed.ts';
import type { Plan } from '../../../../src/controllers/certificate/plan.ts';
import type { CertificateRow } from '../../../../src/controllers/certificate-row.ts';

export type KnownOrder = Extract<OrderSeen, { unanswered: unknown }>;

export const at = (text: string): Date => new Date(text);
export const now = at('2026-06-01T12:00:00Z');
export const specHash = 'spec-a';

export function row(overrides: Partial<CertificateRow> = {}): CertificateRow {
  return {
    key: 'web/shop',
    namespace: 'web',
    name: 'shop',
    uid: 'uid-1',
    resourceVersion: '100',
    generation: 1,
    createdAt: at('2026-05-01T00:00:00Z'),
    labels: {},
    renewRequestedAt: undefined,
    verbs: {},
    names: ['shop.example'],
    secretName: 'shop-tls',
    secretKey: 'web/shop-tls',
    issuerKey: 'ClusterIssuer/le',
    spec: {
      secretName: 'shop-tls',
      dnsNames: ['shop.example'],
      issuerRef: { name: 'le', kind: 'ClusterIssuer' },
    },
    status: {},
    ready: 'Unknown',
    notAfterMs: undefined,
    renewalMs: undefined,
    ...overrides,
  };
}

/** Valid for 90 days from 2026-05-01. */
export function issued(overrides: Partial<Issued> = {}): Issued {
  return {
    names: ['shop.example'],
    notBefore: at('2026-05-01T00:00:00Z'),
    notAfter: at('2026-07-30T00:00:00Z'),
    serialNumber: '01',
    fingerprint: 'aa11',
    certID: 'ari.01',
    issuerNames: ['Root'],
    rootPem: undefined,
    issuer: 'CN=Test CA',
    ...overrides,
  };
}

export function secret(overrides: Partial<OwnSecret> = {}): OwnSecret {
  return {
    kind: 'ours',
    uid: 'secret-uid',
    resourceVersion: '7',
    type: 'kubernetes.io/tls',
    revision: 1,
    issuedAt: at('2026-05-01T00:00:05Z'),
    issuerKey: 'ClusterIssuer/le',
    fingerprint: 'aa11',
    certificateURL: undefined,
    chainPem: 'chain',
    keyPem: 'key',
    keySpec: { algorithm: 'ECDSA', size: 256 },
    issued: issued(),
    problem: undefined,
    deviations: [],
    otherManager: undefined,
    isAdopted: false,
    strays: undefined,
    ...overrides,
  };
}

export function reach(overrides: Partial<Reach> = {}): Reach {
  return { state: 'reached', hosts: [], problems: [], since: now, retryAt: at('2026-06-01T13:00:00Z'), ...overrides };
}

export function order(overrides: Partial<KnownOrder> = {}): KnownOrder {
  return {
    state: 'pending',
    unanswered: [{ host: 'shop.example', url: 'https://ca.example/chall/1' }],
    refused: [],
    error: undefined,
    pollAt: at('2026-06-01T12:00:01Z'),
    since: now,
    presented: reach(),
    ...overrides,
  };
}

export const orderRecord: NonNullable<CertificateRow['status']['order']> = {
  url: 'https://ca.example/order/1',
  state: 'pending',
  revision: 1,
  thumbprint: 'thumb',
  identifiers: [{ type: 'dns', value: 'shop.example', state: 'pending', token: 'token-1' }],
};

/** A Certificate just applied, its route live, nothing issued. */
export function fresh(overrides: Partial<Observed> = {}): Observed {
  return {
    certificate: row({ createdAt: at('2026-06-01T11:59:58Z') }),
    specHash,
    rival: undefined,
    secret: { kind: 'absent' },
    repairsHeldUntil: undefined,
    passwords: {},
    suggested: undefined,
    renewalInfo: { awaited: false, nextAt: new Date(8.64e15) },
    issuer: { state: 'ready' },
    preferredChain: undefined,
    routedAt: at('2026-06-01T11:59:59Z'),
    reach: reach(),
    archive: undefined,
    order: undefined,
    budget: undefined,
    unrevoked: undefined,
    ...overrides,
  };
}

/** The intent of the first revision. */
export const intent = { revision: 1, specHash, names: ['shop.example'] } as const;

/** The archive once the intent of revision 1 is stored. */
export function archive(overrides: Partial<NonNullable<Observed['archive']>> = {}): NonNullable<Observed['archive']> {
  return {
    uid: 'archive-uid',
    resourceVersion: '9',
    intent,
    nextKeyPem: 'next',
    history: [],
    memory: new Map(),
    ...overrides,
  };
}

/** A name that has not led to us for a minute. */
export const failing = reach({
  state: 'failed',
  problems: [{ host: 'shop.example', problem: 'http://shop.example answered 404' }],
  since: at('2026-06-01T11:59:00Z'),
  retryAt: at('2026-06-01T12:01:00Z'),
});

/** A condition of the status that a plan records. */
export function conditionOf(next: Plan, type: string): Condition | undefined {
  return next.step === 'recordStatus' ? next.status.conditions?.find((one) => one.type === type) : undefined;
}
