import { element, objectIdentifier, sequence, tags } from './der.ts';
import { canonicalNames } from './name.ts';
import { distinguishedName, subjectAltName } from './names-der.ts';
import { Signer } from './signing.ts';

/** What a certificate is asked for. */
export interface CsrRequest {
  /** DNS names and IP addresses, in any order and spelling. */
  readonly names: readonly string[];
  /** The subject; absent: an empty one, which is what CAs prefer. */
  readonly commonName?: string;
  /** Private key, PEM in any encoding. */
  readonly keyPem: string;
}

const extensionRequest = objectIdentifier('2a864886f70d01090e');
const version1 = element(tags.integer, Uint8Array.of(0));
const attributesTag = 0xa0;

/**
 * Makes a certificate signing request (PKCS#10, RFC 2986), as DER. Asks for nothing but the names: what else stands in a
 * certificate is the CA's to say.
 *
 * @throws Error where `keyPem` is no ECDSA or RSA key that `KeySpec` describes.
 */
export async function createCsr({ names, commonName, keyPem }: CsrRequest): Promise<Uint8Array> {
  const signer = new Signer(keyPem);
  const asked = sequence(subjectAltName(canonicalNames(names)));
  const attribute = sequence(extensionRequest, element(tags.set, asked));
  const attributes = element(attributesTag, attribute);
  return signer.signed(sequence(version1, distinguishedName(commonName), signer.publicKey, attributes));
}
