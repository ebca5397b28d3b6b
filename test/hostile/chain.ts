import { certificate, type Issuer, intermediate, issuerNamed, leafExtensions } from '../sim/ca/x509.ts';

/** What a leaf is made of. */
export interface Certified {
  readonly names: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly from: Date;
  readonly days: number;
  /** The name of the issuer. */
  readonly by: string;
}

const dayMs = 86_400_000;
let serials = 0;

/** A leaf and the certificate of its issuer, PEM. */
export function chainOf({ names, publicKey, from, days, by }: Certified): string {
  serials += 1;
  const identifiers = names.map((value) => ({ type: 'dns', value }) as const);
  const leaf = certificate(issuerNamed(by), {
    serial: Buffer.from(serials.toString(16).padStart(16, '0'), 'hex'),
    commonName: undefined,
    publicKey,
    notBefore: from,
    notAfter: new Date(from.getTime() + days * dayMs),
    extensions: leafExtensions(identifiers, true),
  });
  return leaf + above(by);
}

/** The certificate of an issuer, signed by a root: what stands above a leaf. */
export function above(name: string, by = `Root of ${name}`): string {
  const issuer: Issuer = issuerNamed(name);
  return intermediate({ name, key: issuer.key }, issuerNamed(by));
}
