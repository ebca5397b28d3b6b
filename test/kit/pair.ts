import { createHash, createPublicKey } from 'node:crypto';
import { generateKey, type KeySpec } from '../../src/pki/index.ts';
import { certificate, intermediate, issuerNamed, leafExtensions } from '../sim/ca/x509.ts';

/** What a pair is to be. */
export interface PairWanted {
  /** ECDSA P-256 unless told. */
  readonly key?: KeySpec;
  /** 2026-06-01T00:00:00Z, where virtual time begins, unless told. */
  readonly from?: Date;
  /** 90 unless told. */
  readonly days?: number;
  /** The root's certificate ends the chain. */
  readonly withRoot?: boolean;
  /** The common name of its issuer. */
  readonly issuer?: string;
}

/** A key and a certificate for DNS names with its chain: one intermediate, and the root where it is wanted. All in PEM. */
export async function pairFor(
  names: readonly string[],
  wanted: PairWanted = {},
): Promise<{ chain: string; key: string }> {
  const { key: spec = { algorithm: 'ECDSA', size: 256 }, from = new Date('2026-06-01T00:00:00Z'), days = 90 } = wanted;
  const key = await generateKey(spec);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const { issuer: name = 'Test CA' } = wanted;
  const [issuer, root] = [issuerNamed(name), issuerNamed('Test Root')];
  const leaf = certificate(issuer, {
    // The same in every run, since ARI names certificates by it.
    serial: createHash('sha256').update(names.join()).digest().subarray(0, 16),
    commonName: undefined,
    publicKey,
    notBefore: from,
    notAfter: new Date(from.getTime() + days * 86_400_000),
    extensions: leafExtensions(
      names.map((value) => ({ type: 'dns', value })),
      true,
    ),
  });
  const above = intermediate({ name, key: issuer.key }, root);
  const top = wanted.withRoot === true ? intermediate({ name: 'Test Root', key: root.key }, root) : '';
  return { chain: leaf + above + top, key };
}
