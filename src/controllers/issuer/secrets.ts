import { labels, managedByValue } from '../../api/index.ts';
import { createOnly, type KubeObject, keyOf, type Ref } from '../../kube/index.ts';
import { jwkThumbprint, keySpecOf } from '../../pki/index.ts';
import type { IssuerRow } from '../issuer-row.ts';
import type { BindingSeen, KeySeen } from './observed.ts';

/** A Secret as the API server gives it: values in base64. */
export interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The Secret of the account key, and the key in it; named as with cert-manager. */
export function accountKeyRef({ spec }: IssuerRow, namespace: string): { readonly ref: Ref; readonly entry: string } {
  const { name, key = 'tls.key' } = spec.acme.privateKeySecretRef;
  return { ref: { namespace, name }, entry: key };
}

/** Reads the account key. A key that is there is used as it is, of whatever kind ACME knows. */
export function keySeen({ ref, entry }: ReturnType<typeof accountKeyRef>, secret: Secret | undefined): KeySeen {
  if (secret === undefined) return { state: 'absent' };
  const pem = textOf(secret, entry);
  if (pem !== '' && keySpecOf(pem) !== undefined) return { state: 'readable', pem, thumbprint: jwkThumbprint(pem) };
  const what = pem === '' ? `has no ${entry}` : `holds in ${entry} no private key that ACME can use`;
  return { state: 'unreadable', why: `The Secret ${keyOf(ref)} ${what}` };
}

/** A new account key's Secret, as an apply that never touches one that is there. */
export function accountKeySecret({ ref, entry }: ReturnType<typeof accountKeyRef>, keyPem: string): KubeObject {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...ref, labels: { [labels.managedBy]: managedByValue } },
    type: 'Opaque',
    data: { [entry]: Buffer.from(keyPem, 'utf8').toString('base64') },
  };
  return createOnly(secret);
}

/** The Secret of the external account's key; undefined where the issuer names none. */
export function bindingRef({ spec }: IssuerRow, namespace: string): Ref | undefined {
  const binding = spec.acme.externalAccountBinding;
  return binding === undefined ? undefined : { namespace, name: binding.keySecretRef.name };
}

/** Reads the external account's key. */
export function bindingSeen({ spec }: IssuerRow, ref: Ref, secret: Secret | undefined): BindingSeen {
  const binding = spec.acme.externalAccountBinding;
  if (binding === undefined) return { state: 'none' };
  const entry = binding.keySecretRef.key ?? 'secret';
  const hmacKey = secret === undefined ? '' : textOf(secret, entry).trim().replace(/=+$/, '');
  if (/^[A-Za-z0-9_-]+$/.test(hmacKey)) return { state: 'readable', keyId: binding.keyID, hmacKey };
  const what =
    secret === undefined ? 'is missing' : hmacKey === '' ? `has no ${entry}` : `holds in ${entry} no base64url text`;
  return { state: 'unreadable', why: `The Secret ${keyOf(ref)} ${what}` };
}

function textOf(secret: Secret, entry: string): string {
  return Buffer.from(secret.data?.[entry] ?? '', 'base64').toString('utf8');
}
