import { Turns } from '../runtime/index.ts';
import type { Metrics } from './metrics.ts';

/** What the metrics tell of one Certificate. */
export interface CertificateFigure {
  readonly namespace: string;
  readonly issuerKey: string;
  /** Status of the condition Ready. */
  readonly ready: 'True' | 'False' | 'Unknown';
  /** When the certificate in the Secret expires, in milliseconds since 1970; undefined without one. */
  readonly notAfterMs: number | undefined;
  /** When it is to be renewed, in milliseconds since 1970; undefined where it never is by itself. */
  readonly renewalMs: number | undefined;
}

const dayMs = 86_400_000;

/** The buckets of `evercert_certificates_expiring`, in days; 0 counts the expired. */
const withinDays: readonly (readonly [days: number, label: string])[] = [
  [0, '0d'],
  [1, '1d'],
  [3, '3d'],
  [7, '7d'],
  [14, '14d'],
  [30, '30d'],
];

type Target = Pick<Metrics, 'certificates' | 'certificatesExpiring' | 'earliestExpiry' | 'earliestRenewal'>;
/** The earliest instant of each namespace and issuer. */
type Earliest = Map<string, Map<string, number>>;

/**
 * Sets the metrics that count Certificates from all of them; series of what is no more are removed. Where they are many, the
 * event loop has turns in between.
 */
export async function countCertificates(
  metrics: Target,
  figures: Iterable<CertificateFigure>,
  now: Date,
): Promise<void> {
  const turns = new Turns();
  const ready = { True: 0, False: 0, Unknown: 0 };
  const expiring = new Map<string, number[]>();
  const expiry: Earliest = new Map();
  const renewal: Earliest = new Map();
  for (const { namespace, issuerKey: issuer, ready: status, notAfterMs, renewalMs } of figures) {
    if (turns.isOver) await turns.next();
    ready[status] += 1;
    const counts = got(expiring, issuer, () => withinDays.map(() => 0));
    if (notAfterMs === undefined) continue;
    const leftMs = notAfterMs - now.getTime();
    for (const [index, [days]] of withinDays.entries()) {
      if (leftMs <= days * dayMs) counts[index] = (counts[index] ?? 0) + 1;
    }
    note(expiry, namespace, issuer, notAfterMs);
    if (renewalMs !== undefined) note(renewal, namespace, issuer, renewalMs);
  }
  for (const [status, count] of Object.entries(ready)) metrics.certificates.set({ ready: status }, count);
  setExpiring(metrics, expiring);
  setEarliest(metrics.earliestExpiry, expiry);
  setEarliest(metrics.earliestRenewal, renewal);
}

function setExpiring(metrics: Target, expiring: ReadonlyMap<string, readonly number[]>): void {
  metrics.certificatesExpiring.reset();
  for (const [issuer, counts] of expiring) {
    for (const [index, [, within]] of withinDays.entries()) {
      metrics.certificatesExpiring.set({ issuer, within }, counts[index] ?? 0);
    }
  }
}

function note(earliest: Earliest, namespace: string, issuer: string, ms: number): void {
  const ofNamespace = got(earliest, namespace, () => new Map<string, number>());
  ofNamespace.set(issuer, Math.min(ofNamespace.get(issuer) ?? Infinity, ms));
}

function setEarliest(gauge: Target['earliestExpiry'], earliest: Earliest): void {
  gauge.reset();
  for (const [namespace, ofNamespace] of earliest) {
    for (const [issuer, ms] of ofNamespace) gauge.set({ namespace, issuer }, ms / 1000);
  }
}

function got<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
