import { createHmac } from 'node:crypto';
import { annotations, type CertificateSpec } from '../../../api/index.ts';
import {
  jksKeystore,
  jksTruststore,
  keystoreContent,
  type Pkcs12Profile,
  pkcs12Keystore,
  pkcs12Truststore,
} from '../../../pki/index.ts';
import type { Passwords } from '../observed.ts';

type Data = Readonly<Record<string, string>>;

/** The pair as the Secret has it. */
export interface Pair {
  readonly chainPem: string;
  /** As it is encoded in `tls.key`. */
  readonly keyPem: string;
  /** Where the chain ends in one. */
  readonly rootPem: string | undefined;
}

/** What is made for a Secret beside the pair. */
export interface Outputs {
  /** In base64. */
  readonly data: Data;
  readonly annotations: Data;
}

/** A format of keystores, by the name of its field in the spec. */
export type KeystoreFormat = keyof NonNullable<CertificateSpec['keystores']>;

type Spec = Pick<CertificateSpec, 'additionalOutputFormats' | 'keystores'>;

const defaultAlias = 'certificate';
const defaultProfile: Pkcs12Profile = 'LegacyRC2';

/** The formats of keystores that the spec asks for. */
export function keystoresAsked({ keystores = {} }: Pick<CertificateSpec, 'keystores'>): readonly KeystoreFormat[] {
  return (['jks', 'pkcs12'] as const).filter((format) => keystores[format]?.create === true);
}

/**
 * What the spec asks for beside `tls.crt` and `tls.key`, named as cert-manager names it. To make keystores takes thousands of digests,
 * so those that the Secret holds are kept where its annotation tells that they were made of the same: the annotation is a MAC
 * under the private key, over what they are made of and what was made.
 *
 * @param held what the Secret has; nothing where there is none.
 */
export function outputsOf(
  spec: Spec,
  pair: Pair,
  { passwords, held }: { readonly passwords: Passwords; readonly held: Outputs },
): Outputs {
  const plain = { ...caOf(pair), ...formatsOf(spec, pair) };
  if (keystoresAsked(spec).length === 0) return { data: plain, annotations: {} };
  const kept = pick(held.data, keystoreNames(spec, pair, passwords));
  const noted = held.annotations[annotations.keystores];
  const isKept = noted !== undefined && noted === macOf({ spec, pair, passwords, keystores: kept });
  const keystores = isKept ? kept : keystoresOf(spec, pair, passwords);
  const note = isKept ? noted : macOf({ spec, pair, passwords, keystores });
  return { data: { ...plain, ...keystores }, annotations: { [annotations.keystores]: note } };
}

function caOf({ rootPem }: Pair): Data {
  return rootPem === undefined ? {} : { 'ca.crt': base64(rootPem) };
}

function formatsOf({ additionalOutputFormats = [] }: Spec, { chainPem, keyPem }: Pair): Data {
  const types = new Set(additionalOutputFormats.map(({ type }) => type));
  const der = /-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]+)-----END/.exec(keyPem)?.[1]?.replaceAll(/\s/g, '') ?? '';
  return {
    ...(types.has('CombinedPEM') ? { 'tls-combined.pem': base64(`${keyPem}\n${chainPem}`) } : {}),
    ...(types.has('DER') ? { 'key.der': der } : {}),
  };
}

function keystoreNames(spec: Spec, { rootPem }: Pair, passwords: Passwords): string[] {
  return keystoresAsked(spec).flatMap((format) => {
    if (passwords[format] === undefined) return [];
    const suffix = format === 'jks' ? 'jks' : 'p12';
    return [`keystore.${suffix}`, ...(rootPem === undefined ? [] : [`truststore.${suffix}`])];
  });
}

function keystoresOf({ keystores = {} }: Spec, { chainPem, keyPem, rootPem }: Pair, { jks, pkcs12 }: Passwords): Data {
  const made = new Map<string, Uint8Array>();
  if (jks !== undefined) {
    const content = keystoreContent({ chainPem, keyPem, password: jks });
    const [caDer] = rootPem === undefined ? [] : content.certificates.slice(-1);
    made.set('keystore.jks', jksKeystore(content, keystores.jks?.alias ?? defaultAlias));
    if (caDer !== undefined) made.set('truststore.jks', jksTruststore({ ...content, caDer }));
  }
  if (pkcs12 !== undefined) {
    const profile = profileOf(keystores.pkcs12?.profile);
    const content = keystoreContent({ chainPem, keyPem, password: pkcs12 });
    const [caDer] = rootPem === undefined ? [] : content.certificates.slice(-1);
    made.set('keystore.p12', pkcs12Keystore(content, profile));
    if (caDer !== undefined) made.set('truststore.p12', pkcs12Truststore({ ...content, caDer }, profile));
  }
  return Object.fromEntries(Array.from(made, ([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]));
}

function profileOf(name: string | undefined): Pkcs12Profile {
  return name === 'LegacyDES' || name === 'Modern2023' ? name : defaultProfile;
}

function macOf(made: { spec: Spec; pair: Pair; passwords: Passwords; keystores: Data }): string {
  const { spec, pair, passwords, keystores } = made;
  const { jks, pkcs12 } = spec.keystores ?? {};
  const of = [pair.chainPem, passwords.jks, jks?.alias, passwords.pkcs12, pkcs12?.profile, Object.entries(keystores)];
  return createHmac('sha256', pair.keyPem).update(JSON.stringify(of)).digest('hex');
}

function pick(data: Data, names: readonly string[]): Data {
  return Object.fromEntries(names.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])));
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
