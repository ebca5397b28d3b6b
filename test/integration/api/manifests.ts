import { randomBytes } from 'node:crypto';
import { installCrds, kubectl, kubectlSucceeds } from './kubectl.ts';
import { goodCertificate } from './refused-certificates.ts';
import { goodAcme } from './refused-issuers.ts';

/** Where the objects of this file's tests are; {@link prepare} makes it. */
export const namespace = `crds-${randomBytes(4).toString('hex')}`;
export const apiVersion = 'evercert.dev/v1';

export type Fields = Readonly<Record<string, unknown>>;

/** A deep merge in which `undefined` leaves a field out and a list replaces a list. */
function merged(base: unknown, change: unknown): unknown {
  if (!isFields(base) || !isFields(change)) return change;
  const added = Object.entries(change).map(([name, value]) => [name, merged(base[name], value)] as const);
  const all = { ...base, ...Object.fromEntries(added) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A Certificate, with a change of its spec. */
export function certificate(name: string, change: Fields = {}): Fields {
  return { apiVersion, kind: 'Certificate', metadata: { name, namespace }, spec: merged(goodCertificate, change) };
}

/** An Issuer, with a change of its spec. */
export function issuer(name: string, change: Fields = {}): Fields {
  return { apiVersion, kind: 'Issuer', metadata: { name, namespace }, spec: merged({ acme: goodAcme }, change) };
}

/** Creates objects without storing them; gives what kubectl printed. */
export function tried(...objects: readonly Fields[]): string {
  const { stdout, stderr } = kubectl(['create', '--dry-run=server', '-f', '-'], objects);
  return `${stdout}${stderr}`;
}

/** Applies the CRDs and makes the namespace. */
export function prepare(): void {
  installCrds();
  kubectlSucceeds(['create', 'namespace', namespace]);
}
