import { AcmeError, type Identifier, type RenewalInfo, type RevocationReason } from '../../../src/acme/index.ts';
import type { KeptAccount } from './accounts.ts';
import type { CaOptions, Profile } from './options.ts';
import { refusal } from './problems.ts';
import { randomBytes } from './random.ts';
import { certificate, type Issuer, intermediate, issuerNamed, leafExtensions, unsigned } from './x509.ts';

/** A certificate as the CA keeps it. */
export interface KeptCertificate {
  readonly url: string;
  /** RFC 9773 section 4.1. */
  readonly certID: string;
  readonly account: KeptAccount;
  readonly identifiers: readonly Identifier[];
  /** The public key, base64 of the DER: certificates of one intent have one key. */
  readonly publicKey: string;
  readonly issuedAt: Date;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** PEM of the leaf and what is above it, first the chain that is given unless another is asked for. */
  readonly chains: readonly string[];
  revoked: Revoked | undefined;
}

/** That a certificate was revoked. */
export interface Revoked {
  readonly at: Date;
  readonly reason: RevocationReason;
  /** In whose name it was asked for. */
  readonly by: 'account' | 'key';
}

/** What a certificate is made of. */
export interface Contents {
  readonly account: KeptAccount;
  readonly identifiers: readonly Identifier[];
  readonly profile: Profile;
  readonly publicKey: Uint8Array;
}

/** What a certificate says. */
export interface Certified {
  readonly identifiers: readonly Identifier[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** When a certificate ought to be renewed. */
export type RenewalWindow = Pick<RenewalInfo, 'start' | 'end' | 'explanationURL'>;

/** Signs certificates, and tells when to renew them (RFC 8555 section 7.4.2, RFC 9773). */
export class Certificates {
  /** All that were issued, in their order. */
  readonly issued: KeptCertificate[] = [];
  readonly #options: CaOptions;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #issuer: Issuer;
  readonly #above: readonly string[];
  readonly #byUrl = new Map<string, { readonly kept: KeptCertificate; readonly chain: number }>();
  /** By the DER of the leaf, in base64. */
  readonly #byLeaf = new Map<string, KeptCertificate>();
  readonly #byID = new Map<string, KeptCertificate>();
  readonly #windows = new Map<string, RenewalWindow>();

  constructor(options: CaOptions, random: () => number, now: () => number) {
    this.#options = options;
    this.#random = random;
    this.#now = now;
    const hierarchy = hierarchyOf(options);
    this.#issuer = hierarchy.issuer;
    this.#above = hierarchy.above;
  }

  issue({ account, identifiers, profile, publicKey }: Contents): KeptCertificate {
    const issuedAt = new Date(this.#now());
    const startsAt = Math.floor((this.#now() - this.#options.backdateMs) / 1_000) * 1_000;
    const notBefore = new Date(startsAt);
    const notAfter = new Date(startsAt + profile.lifetimeMs - 1_000); // the last second counts (RFC 5280 section 4.1.2.5)
    const serial = unsigned(randomBytes(this.#random, 18));
    const name = profile.commonName ? identifiers.find(({ value }) => value.length <= 64)?.value : undefined;
    const leaf = this.#leaf({ identifiers, publicKey, notBefore, notAfter }, serial, name);
    const kept: KeptCertificate = {
      url: `${this.#options.origin}/certificate/${this.issued.length + 1}`,
      certID: `${base64url(this.#issuer.keyIdentifier)}.${base64url(serial)}`,
      account,
      identifiers,
      publicKey: Buffer.from(publicKey).toString('base64'),
      issuedAt,
      notBefore,
      notAfter,
      chains: this.#above.map((above) => leaf + above),
      revoked: undefined,
    };
    this.#byLeaf.set(leaf.replace(/-----[^-]+-----|\s/g, ''), kept);
    this.issued.push(kept);
    this.#byID.set(kept.certID, kept);
    for (const [chain, url] of this.#urls(kept).entries()) this.#byUrl.set(url, { kept, chain });
    return kept;
  }

  /** The chain at a URL, made otherwise. It is none that was issued. */
  otherwise(url: string, change: (kept: KeptCertificate) => Partial<Certified>): string {
    const found = this.#byUrl.get(url);
    if (found === undefined) throw new Error(`there is no certificate ${url}`);
    const { identifiers, publicKey, notBefore, notAfter } = found.kept;
    const certified = { identifiers, publicKey: Buffer.from(publicKey, 'base64'), notBefore, notAfter };
    const serial = unsigned(randomBytes(this.#random, 18));
    return this.#leaf({ ...certified, ...change(found.kept) }, serial) + this.#above[found.chain];
  }

  /** The chain at a URL, for its account alone, and the URLs of the others. */
  download(url: string, account: KeptAccount): { readonly chain: string; readonly alternates: readonly string[] } {
    const found = this.#byUrl.get(url);
    const chain = found?.kept.chains[found.chain];
    if (found === undefined || chain === undefined) throw this.#options.dialect.unknown('certificate');
    if (found.kept.account !== account) throw refusal('unauthorized', 403, 'The account does not own the certificate');
    return { chain, alternates: this.#urls(found.kept).filter((other) => other !== url) };
  }

  /** The certificate of this DER, if it is one of this CA. */
  withLeaf(der: Uint8Array): KeptCertificate | undefined {
    return this.#byLeaf.get(Buffer.from(der).toString('base64'));
  }

  /** Undefined for a window that ends before it begins, as src/acme has it. */
  renewalInfo(certID: string): RenewalInfo | undefined {
    const { renewalInfoProblem: problem } = this.#options;
    if (problem !== undefined) throw new AcmeError(problem);
    const kept = this.named(certID);
    if (kept === undefined) throw refusal('malformed', 404, 'Certificate not found');
    const window = this.windowOf(kept);
    return window.end <= window.start ? undefined : { ...window, retryAfterMs: this.#options.renewalInfoRetryAfterMs };
  }

  /** @throws AcmeError where the certID is none, or names another issuer. */
  named(certID: string): KeptCertificate | undefined {
    const [authority = '', serial = '', ...others] = certID.split('.');
    const isID = others.length === 0 && serial !== '' && /^[A-Za-z0-9_-]+$/.test(authority);
    if (!isID) throw refusal('malformed', 400, 'Parsing ARI CertID failed');
    const isOurs = authority === base64url(this.#issuer.keyIdentifier) && /^[A-Za-z0-9_-]+$/.test(serial);
    if (!isOurs) throw this.#options.dialect.strangeCertID();
    return this.#byID.get(certID);
  }

  /** The window in force. */
  windowOf({ certID, notBefore, notAfter }: KeptCertificate): RenewalWindow {
    const moved = this.#windows.get(certID);
    if (moved !== undefined) return moved;
    const { start, end } = this.#options.dialect.window(notBefore.getTime(), notAfter.getTime());
    return { start: new Date(start), end: new Date(end) };
  }

  /** @throws AcmeError where there is no such certificate. */
  setWindow(certID: string, window: RenewalWindow): void {
    if (this.named(certID) === undefined) throw refusal('malformed', 404, 'Certificate not found');
    this.#windows.set(certID, window);
  }

  #leaf({ identifiers, publicKey, notBefore, notAfter }: Certified, serial: Uint8Array, commonName?: string): string {
    const extensions = leafExtensions(identifiers, commonName === undefined);
    return certificate(this.#issuer, { serial, commonName, publicKey, notBefore, notAfter, extensions });
  }

  #urls({ url, chains }: KeptCertificate): readonly string[] {
    return chains.map((_, chain) => (chain === 0 ? url : `${url}/alternate/${chain}`));
  }
}

interface Hierarchy {
  readonly issuer: Issuer;
  readonly above: readonly string[];
}

const hierarchies = new Map<string, Hierarchy>();

/** The issuer of a CA, and what stands above its leaves in each chain. Made once in a process: it is always the same. */
function hierarchyOf({ origin, alternates }: CaOptions): Hierarchy {
  const id = `${origin} ${alternates}`;
  const made = hierarchies.get(id);
  if (made !== undefined) return made;
  const name = `Simulated issuer of ${new URL(origin).host}`;
  const issuer = issuerNamed(name);
  const roots = Array.from({ length: alternates + 1 }, (_, chain) => issuerNamed(`Simulated root ${chain + 1}`));
  const hierarchy = { issuer, above: roots.map((root) => intermediate({ name, key: issuer.key }, root)) };
  hierarchies.set(id, hierarchy);
  return hierarchy;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
