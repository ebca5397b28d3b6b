import type { CertificateStatus, Condition } from '../../../../src/api/index.ts';
import type { CertificateRow } from '../../../../src/controllers/certificate-row.ts';
import { digestOf } from '../../../../src/controllers/reload/digest.ts';
import {
  type Answer,
  type ConsumedSecret,
  type Observed,
  type Probed,
  probeKey,
  type Target,
} from '../../../../src/controllers/reload/observed.ts';
import type { PodRow, WorkloadRow } from '../../../../src/controllers/reload/rows.ts';

/** When the certificate of these tests was issued. */
export const issuedAt = new Date('2026-06-01T12:00:00Z');

/** `seconds` after the issuance; negative ones are before it. */
export function at(seconds: number): Date {
  return new Date(issuedAt.getTime() + seconds * 1_000);
}

export function secret(over: Partial<ConsumedSecret> = {}): ConsumedSecret {
  return {
    name: 'web-tls',
    fingerprint: 'new',
    issuedAt,
    serverName: 'www.example.com',
    isSettled: false,
    isLeftAlone: false,
    ...over,
  };
}

/** A Deployment at rest that serves TLS on 8443 and was rolled out an hour before. */
export function workload(over: Partial<WorkloadRow> = {}): WorkloadRow {
  return {
    key: 'Deployment/shop/web',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    uid: 'uid-web',
    resourceVersion: '7',
    deleting: false,
    secretNames: ['web-tls'],
    tlsPort: 8443,
    record: undefined,
    hold: undefined,
    progress: { desired: 2, isUpdated: true, isAvailable: true, isExceeded: false },
    changedAt: at(-3_600),
    ...over,
  };
}

/** A ready pod that started an hour before the issuance. */
export function pod(name: string, over: Partial<PodRow> = {}): PodRow {
  return {
    name,
    uid: `uid-${name}`,
    workload: 'Deployment/shop/web',
    createdAt: at(-3_600),
    serving: true,
    startedAt: at(-3_600),
    address: '10.0.0.1',
    ...over,
  };
}

/** What each pod answers for each Secret: a leaf, `asked`, `unasked`, or `unreachable` (often enough to count). */
export type Answers = Readonly<Record<string, string>>;

/** An observation; `answers` by pod name, `unasked` where not said. */
export function seen(parts: {
  workload?: WorkloadRow;
  secrets?: readonly ConsumedSecret[];
  pods?: readonly PodRow[];
  answers?: Answers;
  answeredAt?: Date;
  misses?: number;
}): Observed {
  const { secrets = [secret()], pods = [pod('a')], answers = {}, answeredAt = at(1), misses = 3 } = parts;
  const row = parts.workload ?? workload();
  const probes = new Map<string, Probed>();
  for (const one of row.tlsPort === undefined ? [] : pods) {
    for (const of of secrets) {
      const word = answers[one.name] ?? 'unasked';
      probes.set(probeKey(one.uid, of.name), {
        target: targetOf(one, of, row),
        isAsked: word === 'asked',
        answer: answerOf(word, of, answeredAt, misses),
      });
    }
  }
  return {
    workload: row,
    secrets,
    pods,
    youngestPodAt: new Date(Math.max(0, ...pods.map(({ createdAt }) => createdAt.getTime()))),
    digest: digestOf(secrets),
    probes,
  };
}

function answerOf(word: string, { fingerprint }: ConsumedSecret, when: Date, misses: number): Answer | undefined {
  if (word === 'asked' || word === 'unasked') return undefined;
  if (word === 'unreachable') return { at: when, problem: '10.0.0.1:8443 did not answer within 5 s', misses };
  return { at: when, fingerprint: word, misses: word === fingerprint ? 0 : misses };
}

function targetOf(one: PodRow, of: ConsumedSecret, row: WorkloadRow): Target {
  return {
    podUID: one.uid,
    startedAt: one.startedAt ?? issuedAt,
    address: one.address ?? '',
    port: row.tlsPort ?? 0,
    serverName: of.serverName ?? '',
    secretName: of.name,
    expected: of.fingerprint,
    workload: row.key,
  };
}

/** A Certificate whose own status speaks of the leaf `new`. */
export function certificate(status: CertificateStatus = {}): CertificateRow {
  return {
    key: 'shop/web',
    namespace: 'shop',
    name: 'web',
    uid: 'uid-certificate',
    resourceVersion: '9',
    generation: 1,
    createdAt: at(-7_200),
    labels: {},
    renewRequestedAt: undefined,
    verbs: {},
    names: ['www.example.com'],
    secretName: 'web-tls',
    secretKey: 'shop/web-tls',
    issuerKey: 'ClusterIssuer/ca',
    spec: { secretName: 'web-tls', dnsNames: ['www.example.com'], issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
    status: { fingerprint: 'new', observedGeneration: 1, ...status },
    ready: 'Unknown',
    notAfterMs: undefined,
    renewalMs: undefined,
  };
}

/** A condition `Reloaded` as it stands on the API server. */
export function reloaded(reason: string, over: Partial<Condition> = {}): Condition {
  return {
    type: 'Reloaded',
    status: reason === 'Served' || reason === 'RolledOutUnverified' ? 'True' : 'False',
    reason,
    message: '',
    lastTransitionTime: '2026-06-01T11:00:00Z',
    observedGeneration: 1,
    ...over,
  };
}
