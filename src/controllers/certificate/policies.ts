import type { KeySpec } from '../../pki/index.ts';
import { neverMs } from '../../runtime/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import { dispensable, leftOut, type NamesSeen, namesLookedAtAgain } from './names.ts';
import type { Issued, Observed, OwnSecret, SecretSeen } from './observed.ts';
import { eachName } from './order/each-name.ts';
import { type Renewal, renewalOf } from './renewal/renewal-time.ts';
import { rollbackAsked } from './verbs/verbs.ts';

/** Why a certificate has to be issued; each is a reason of the condition `Issuing`. */
export type Cause =
  | 'SecretMissing'
  | 'SecretMismatch'
  | 'TemporaryCertificate'
  | 'SpecChanged'
  | 'NamesLeftOut'
  | 'Expired'
  | 'CertificateRevoked'
  | 'RevocationRequested'
  | 'RenewalDue'
  | 'RenewalRequested';

/** What is to be done about a certificate: nothing before `until`, or an issuance. */
export type Need =
  /** `deferred`: it waits for a maintenance window, and for nothing else. `over`: expired, and not renewed by itself. */
  | { readonly due: false; readonly until: Date; readonly deferred?: true; readonly over?: true }
  | { readonly due: true; readonly cause: Cause; readonly why: string };

type Policy = (world: World) => Omit<Extract<Need, { due: true }>, 'due'> | undefined;

interface World extends NamesSeen {
  readonly secret: OwnSecret;
  readonly issued: Issued;
  readonly now: Date;
  /** Undefined where it is never renewed by itself. */
  readonly renewal: Renewal | undefined;
}

type Pair = Pick<World, 'certificate' | 'secret'>;

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
export function assess(seen: NamesSeen & Pick<Observed, 'suggested'>, now: Date): Need {
  const { certificate, secret } = seen;
  if (secret.kind !== 'ours') {
    return { due: true, cause: 'SecretMissing', why: `there is no Secret ${certificate.secretName} yet` };
  }
  if (secret.isTemporary === true) {
    const why = `the certificate in the Secret ${certificate.secretName} is a temporary one`;
    return { due: true, cause: 'TemporaryCertificate', why };
  }
  if (secret.issued === undefined) {
    const why = secret.problem ?? 'it holds no certificate';
    return { due: true, cause: 'SecretMismatch', why: `the Secret ${certificate.secretName} cannot be used: ${why}` };
  }
  const world: World = { ...seen, secret, issued: secret.issued, now, renewal: renewalSeen(seen, now) };
  for (const policy of policies) {
    const finding = policy(world);
    if (finding !== undefined) return { due: true, ...finding };
  }
  const isOver = world.issued.notAfter <= now;
  return {
    due: false,
    until: nextLook(world),
    ...(world.renewal?.deferred === true ? { deferred: true } : {}),
    ...(isOver ? { over: true } : {}),
  };
}

/** When the certificate in the Secret is renewed by itself; undefined where there is none, or it never is. Pure. */
export function renewalSeen(
  { certificate, secret, suggested }: Pick<Observed, 'certificate' | 'secret' | 'suggested'>,
  now: Date,
): Renewal | undefined {
  if (secret.kind !== 'ours' || secret.issued === undefined) return undefined;
  const { spec, status } = certificate;
  const { issued, issuedAt } = secret;
  const started = status.order !== undefined && status.order.state !== 'invalid';
  const held = rollbackAsked(certificate)?.fingerprint === issued.fingerprint;
  return renewalOf({ issued, issuedAt, spec, suggested, started, held }, now);
}

/** Whether the Secret holds what the spec asks for and clients can use today; with `partialIssuance` for all names or some. */
export function satisfies(certificate: CertificateRow, secret: SecretSeen, now: Date): boolean {
  return secret.kind === 'ours' && secret.issued !== undefined && mismatch(certificate, secret, now) === undefined;
}

/** Why a Secret that holds a certificate is not what the spec asks for, or not what clients can use today. */
export function mismatch(certificate: CertificateRow, secret: OwnSecret, now: Date): string | undefined {
  const { issued } = secret;
  if (issued === undefined) return secret.problem;
  if (issued.notAfter <= now) return `the certificate expired at ${issued.notAfter.toISOString()}`;
  const findings = [
    namesFinding(certificate, issued, dispensable(certificate)),
    KeyDiffers({ certificate, secret }),
    IssuerDiffers({ certificate, secret }),
  ];
  return findings.find((finding) => finding !== undefined)?.why;
}

/** Names that the spec no longer has, and names that the Secret lacks and are not to be left out for now. */
function NamesDiffer(world: World): ReturnType<Policy> {
  const { certificate, issued, now } = world;
  const without = new Set(leftOut(world, now).map(({ name }) => name));
  const finding = namesFinding(certificate, issued, without);
  const { added, removed } = changes(certificate, issued, without);
  const known = dispensable(certificate);
  const areBack = removed.length === 0 && added.every((name) => known.has(name));
  return finding !== undefined && areBack
    ? { cause: 'NamesLeftOut', why: `${eachName(added)} can be tried again` }
    : finding;
}

function namesFinding(certificate: CertificateRow, issued: Issued, without: ReadonlySet<string>): ReturnType<Policy> {
  const { added, removed } = changes(certificate, issued, without);
  if (added.length + removed.length === 0) return undefined;
  const changed = [
    ...(added.length > 0 ? [`${eachName(added)} added`] : []),
    ...(removed.length > 0 ? [`${eachName(removed)} removed`] : []),
  ];
  return { cause: 'SpecChanged', why: `the names have changed: ${changed.join('; ')}` };
}

function changes(
  { names }: CertificateRow,
  issued: Issued,
  without: ReadonlySet<string>,
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const wanted = new Set(names);
  const held = new Set(issued.names);
  return {
    added: names.filter((name) => !held.has(name) && !without.has(name)),
    removed: issued.names.filter((name) => !wanted.has(name)),
  };
}

/** Compared with the key that would be made, so that a kind that is asked for and cannot be made is not made for ever. */
function KeyDiffers({ certificate, secret }: Pair): ReturnType<Policy> {
  if (holdsKeyAskedFor(certificate, secret)) return undefined;
  const wanted = keySpecFor(certificate, secret);
  return { cause: 'SpecChanged', why: `a private key of ${wanted.algorithm} ${wanted.size} is asked for` };
}

function IssuerDiffers({ certificate, secret }: Pair): ReturnType<Policy> {
  if (secret.issuerKey === undefined || secret.issuerKey === certificate.issuerKey) return undefined;
  return { cause: 'SpecChanged', why: `the issuer has changed from ${secret.issuerKey} to ${certificate.issuerKey}` };
}

/** One that is never renewed by itself is not for that reason either. */
function CertificateExpired({ certificate, issued, now }: World): ReturnType<Policy> {
  if (now < issued.notAfter || certificate.spec.renewal?.policy === 'Disabled') return undefined;
  return { cause: 'Expired', why: `the certificate expired at ${issued.notAfter.toISOString()}` };
}

/** Fulfilled when the Secret was issued at or after the time asked for, so that a restored object replays nothing. */
function RenewalRequested({ certificate, secret, now }: World): ReturnType<Policy> {
  const asked = certificate.renewRequestedAt;
  if (asked === undefined || asked > now) return undefined;
  if (secret.issuedAt !== undefined && secret.issuedAt >= asked) return undefined;
  return { cause: 'RenewalRequested', why: `a renewal was asked for at ${asked.toISOString()}` };
}

function RenewalDue({ renewal }: World): ReturnType<Policy> {
  return renewal?.due === true ? { cause: 'RenewalDue', why: renewal.why } : undefined;
}

function nextLook(world: World): Date {
  const { certificate, issued, now, renewal } = world;
  const asked = certificate.renewRequestedAt;
  // Ready changes when a certificate expires that is not renewed before.
  const wished = [renewal?.at ?? issued.notAfter, ...(asked === undefined ? [] : [asked])];
  const times = [...wished, namesLookedAtAgain(world, now)].filter((at) => at > now);
  return new Date(Math.min(neverMs, ...times.map((at) => at.getTime())));
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
  return keeps && secret.keySpec !== undefined && holdsKeyAskedFor(certificate, secret) ? secret.keyPem : undefined;
}

/** Where nothing is asked for, also a key of a kind that is not made here is what is asked for. */
function holdsKeyAskedFor(certificate: CertificateRow, secret: OwnSecret): boolean {
  const { algorithm, size } = keyAsked(certificate);
  if (algorithm === undefined && size === undefined) return true;
  const wanted = keySpecFor(certificate, secret);
  return wanted.algorithm === secret.keySpec?.algorithm && wanted.size === secret.keySpec.size;
}

function isWhatIsAsked(asked: ReturnType<typeof keyAsked>, held: KeySpec): boolean {
  const { algorithm = held.algorithm, size = held.size } = asked;
  return algorithm === held.algorithm && size === held.size;
}
