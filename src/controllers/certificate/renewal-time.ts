import type { CertificateSpec } from '../../api/index.ts';
import { parseDuration } from './duration.ts';
import type { Issued } from './observed.ts';
import { spread } from './spread.ts';

const dayMs = 86_400_000;
const jitter = 0.02;
const leastShare = 0.05;

/**
 * When a certificate is to be renewed.
 *
 * `renewBefore` and `renewBeforePercentage` are taken at their word. Without them: when one third of the lifetime is
 * left (one half below 10 days, Let's Encrypt's own rule), moved by at most 2 % of the lifetime so that a fleet issued
 * together is not renewed together. Whole seconds.
 *
 * Never before a twentieth of what was left at `issuedAt` has gone by: a `renewBefore` of nearly the whole lifetime, which
 * CAs count from before they issue, would otherwise order again and again.
 */
export function renewalTime(
  issued: Issued,
  spec: Pick<CertificateSpec, 'renewBefore' | 'renewBeforePercentage'>,
  issuedAt?: Date,
): Date {
  const end = issued.notAfter.getTime();
  const earliest = issuedAt === undefined ? 0 : end - (end - issuedAt.getTime()) * (1 - leastShare);
  return wholeSeconds(Math.max(earliest, wished(issued, spec)));
}

function wished(issued: Issued, spec: Parameters<typeof renewalTime>[1]): number {
  const start = issued.notBefore.getTime();
  const end = issued.notAfter.getTime();
  const lifetime = end - start;
  const asked = renewBeforeMs(spec, lifetime);
  if (asked !== undefined && asked > 0 && asked < lifetime) return end - asked;

  const left = lifetime < 10 * dayMs ? lifetime / 2 : lifetime / 3;
  return end - left + spread(issued.fingerprint) * jitter * lifetime;
}

function renewBeforeMs(
  spec: Pick<CertificateSpec, 'renewBefore' | 'renewBeforePercentage'>,
  lifetime: number,
): number | undefined {
  if (spec.renewBefore !== undefined) return parseDuration(spec.renewBefore);
  if (spec.renewBeforePercentage !== undefined) return (spec.renewBeforePercentage / 100) * lifetime;
  return undefined;
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}
