import { annotations, labels, managedByValue } from '../../api/index.ts';
import { createOnly, type KubeObject, keyOf, type Ref } from '../../kube/index.ts';
import { jwkThumbprint, keySpecOf } from '../../pki/index.ts';
import type { IssuerRow } from '../issuer-row.ts';
import type { AccountKey, BindingSeen, KeySecret, KeySeen } from './observed.ts';

/** A Secret as the API server gives it: values in base64. */
export interface Secret extends KubeObject {
  readonly type?: string;
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
  const key = accountKeyIn(pem);
  if (key !== undefined) {
    const next = accountKeyIn(textOf(secret, nextEntry(entry)));
    return {
      state: 'readable',
      ...key,
      secret: holderOf(secret),
      next: next?.thumbprint === key.thumbprint ? undefined : next,
    };
  }
  const what = pem === '' ? `has no ${entry}` : `holds in ${entry} no private key that ACME can use`;
  return { state: 'unreadable', why: `The Secret ${keyOf(ref)} ${what}` };
}

function accountKeyIn(pem: string): AccountKey | undefined {
  return pem === '' || keySpecOf(pem) === undefined ? undefined : { pem, thumbprint: jwkThumbprint(pem) };
}

function holderOf({ metadata, type = 'Opaque' }: Secret): KeySecret {
  const { uid = '', resourceVersion = '', labels: marks = {}, annotations: noted = {} } = metadata;
  const ours = marks[labels.managedBy] === managedByValue || noted[annotations.adopt] === 'true';
  return { uid, resourceVersion, type, ours };
}

/** Where the key stands that is to take the place of another. */
function nextEntry(entry: string): string {
  return `${entry}.next`;
}

/** The account key's Secret with other keys in it, as a write of what was read. */
export function changedKeySecret(
  { ref, entry }: ReturnType<typeof accountKeyRef>,
  { uid, resourceVersion, type }: KeySecret,
  keys: { readonly current: string; readonly next?: string },
): KubeObject {
  const { current, next } = keys;
  const object = secretOf(ref, type, { [entry]: current, ...(next === undefined ? {} : { [nextEntry(entry)]: next }) });
  return {
    ...object,
    metadata: { ...object.metadata, uid, resourceVersion },
  };
}

/** A new account key's Secret, as an apply that never touches one that is there. */
export function accountKeySecret({ ref, entry }: ReturnType<typeof accountKeyRef>, keyPem: string): KubeObject {
  return createOnly(secretOf(ref, 'Opaque', { [entry]: keyPem }));
}

function secretOf(ref: Ref, type: string, texts: Readonly<Record<string, string>>): KubeObject {
  const data = Object.entries(texts).map(
    ([entry, text]) => [entry, Buffer.from(text, 'utf8').toString('base64')] as const,
  );
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...ref, labels: { [labels.managedBy]: managedByValue } },
    type,
    data: Object.fromEntries(data),
  };
  return secret;
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
