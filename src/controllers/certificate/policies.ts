import type { KeySpec } from '../../pki/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { Issued, OwnSecret, SecretSeen } from './observed.ts';
import { renewalTime } from './renewal-time.ts';

/** Why a certificate has to be issued; each is a reason of the condition `Issuing`. */
export type Cause = 'SecretMissing' | 'SecretMismatch' | 'SpecChanged' | 'Expired' | 'RenewalDue' | 'RenewalRequested';

/** What is to be done about a certificate: nothing before `until`, or an issuance. */
export type Need =
  | { readonly due: false; readonly until: Date }
  | { readonly due: true; readonly cause: Cause; readonly why: string };

type Policy = (world: World) => Omit<Extract<Need, { due: true }>, 'due'> | undefined;

interface World {
  readonly certificate: CertificateRow;
  readonly secret: OwnSecret;
  readonly issued: Issued;
  readonly now: Date;
}

/** The policies in the order in which they speak; the first that finds something decides. */
const policies: readonly Policy[] = [
  NamesDiffer,
  KeyDiffers,
  IssuerDiffers,
  CertificateExpired,
  RenewalRequested,
  RenewalDue,
];

/** Decides whether a certificate has to be issued now, and why. Pure. */
export function assess(certificate: CertificateRow, secret: SecretSeen, now: Date): Need {
  if (secret.kind !== 'ours') {
    return { due: true, cause: 'SecretMissing', why: `there is no Secret ${certificate.secretName} yet` };
  }
  if (secret.issued === undefined) {
    const why = secret.problem ?? 'it holds no certificate';
    return { due: true, cause: 'SecretMismatch', why: `the Secret ${certificate.secretName} cannot be used: ${why}` };
  }
  const world: World = { certificate, secret, issued: secret.issued, now };
  for (const policy of policies) {
    const finding = policy(world);
    if (finding !== undefined) return { due: true, ...finding };
  }
  return { due: false, until: nextLook(world) };
}

/** Whether the Secret holds what the spec asks for and clients can use today. */
export function satisfies(certificate: CertificateRow, secret: SecretSeen, now: Date): boolean {
  if (secret.kind !== 'ours' || secret.issued === undefined) return false;
  const world: World = { certificate, secret, issued: secret.issued, now };
  return [NamesDiffer, KeyDiffers, IssuerDiffers, CertificateExpired].every((policy) => policy(world) === undefined);
}

function NamesDiffer({ certificate, issued }: World): ReturnType<Policy> {
  const wanted = new Set(certificate.names);
  const held = new Set(issued.names);
  if (wanted.symmetricDifference(held).size === 0) return undefined;
  const added = certificate.names.filter((name) => !held.has(name));
  const removed = issued.names.filter((name) => !wanted.has(name));
  const changes = [
    ...(added.length > 0 ? [`${added.join(', ')} added`] : []),
    ...(removed.length > 0 ? [`${removed.join(', ')} removed`] : []),
  ];
  return { cause: 'SpecChanged', why: `the names have changed: ${changes.join('; ')}` };
}

/** Compared with the key that would be made, so that a kind that is asked for and cannot be made is not made for ever. */
function KeyDiffers({ certificate, secret }: World): ReturnType<Policy> {
  if (holdsKeyAskedFor(certificate, secret)) return undefined;
  const wanted = keySpecFor(certificate, secret);
  return { cause: 'SpecChanged', why: `a private key of ${wanted.algorithm} ${wanted.size} is asked for` };
}

function IssuerDiffers({ certificate, secret }: World): ReturnType<Policy> {
  if (secret.issuerKey === undefined || secret.issuerKey === certificate.issuerKey) return undefined;
  return { cause: 'SpecChanged', why: `the issuer has changed from ${secret.issuerKey} to ${certificate.issuerKey}` };
}

function CertificateExpired({ issued, now }: World): ReturnType<Policy> {
  if (now < issued.notAfter) return undefined;
  return { cause: 'Expired', why: `the certificate expired at ${issued.notAfter.toISOString()}` };
}

/** Fulfilled when the Secret was issued at or after the time asked for, so that a restored object replays nothing. */
function RenewalRequested({ certificate, secret, now }: World): ReturnType<Policy> {
  const asked = certificate.renewRequestedAt;
  if (asked === undefined || asked > now) return undefined;
  if (secret.issuedAt !== undefined && secret.issuedAt >= asked) return undefined;
  return { cause: 'RenewalRequested', why: `a renewal was asked for at ${asked.toISOString()}` };
}

function RenewalDue({ certificate, secret, issued, now }: World): ReturnType<Policy> {
  const at = renewalTime(issued, certificate.spec, secret.issuedAt);
  return now < at ? undefined : { cause: 'RenewalDue', why: `its renewal was due at ${at.toISOString()}` };
}

function nextLook({ certificate, secret, issued, now }: World): Date {
  const renewal = renewalTime(issued, certificate.spec, secret.issuedAt);
  const asked = certificate.renewRequestedAt;
  return asked !== undefined && asked > now && asked < renewal ? asked : renewal;
}

/** What the spec says of the key; absent means "keep what the Secret has". */
function keyAsked({ spec }: CertificateRow): {
  readonly algorithm: string | undefined;
  readonly size: number | undefined;
} {
  const { algorithm, size } = spec.privateKey ?? {};
  const impliedBySize = size === undefined ? undefined : size >= 2048 ? 'RSA' : 'ECDSA';
  return { algorithm: algorithm ?? impliedBySize, size };
}

/** The key to make: what the spec asks for, else what the Secret has, else ECDSA P-256. */
export function keySpecFor(certificate: CertificateRow, secret: SecretSeen): KeySpec {
  const asked = keyAsked(certificate);
  const held = secret.kind === 'ours' ? secret.keySpec : undefined;
  if (held !== undefined && isWhatIsAsked(asked, held)) return held;
  if (asked.algorithm === 'RSA')
    return { algorithm: 'RSA', size: asked.size === 3072 || asked.size === 4096 ? asked.size : 2048 };
  return { algorithm: 'ECDSA', size: asked.size === 384 ? 384 : 256 };
}

/** The key in the Secret, where the spec keeps it (`rotationPolicy: Never`) and it is of the kind asked for. */
export function keptKey(certificate: CertificateRow, secret: SecretSeen): string | undefined {
  const keeps = certificate.spec.privateKey?.rotationPolicy === 'Never' && secret.kind === 'ours';
  // One of another kind would be asked to be replaced again by the certificate that is made for it, without end.
  return keeps && holdsKeyAskedFor(certificate, secret) ? secret.keyPem : undefined;
}

function holdsKeyAskedFor(certificate: CertificateRow, secret: OwnSecret): boolean {
  const wanted = keySpecFor(certificate, secret);
  return wanted.algorithm === secret.keySpec?.algorithm && wanted.size === secret.keySpec.size;
}

function isWhatIsAsked(asked: ReturnType<typeof keyAsked>, held: KeySpec): boolean {
  const { algorithm = held.algorithm, size = held.size } = asked;
  return algorithm === held.algorithm && size === held.size;
}
