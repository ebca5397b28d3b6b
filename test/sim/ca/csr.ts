import { createPublicKey, verify } from 'node:crypto';
import { isIP } from 'node:net';
import type { Identifier } from '../../../src/acme/index.ts';
import { nameOf } from '../../../src/pki/certificate.ts';
import { type Element, elementsOf } from '../../../src/pki/der.ts';
import { canonicalName } from '../../../src/pki/index.ts';

/** What a certificate is asked for (PKCS#10, RFC 2986). */
export interface SigningRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Of the subjectAltName extension. */
  readonly identifiers: readonly Identifier[];
  /** It is signed by the key that it is for. */
  readonly isSigned: boolean;
}

const attributesTag = 0xa0;
const extensionRequest = '2a864886f70d01090e';
const subjectAltName = '551d11';
/** The hash of each signature algorithm that may be used, by the hexadecimal form of its identifier. */
const hashes: Readonly<Record<string, string>> = {
  '2a864886f70d01010b': 'sha256',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
};

/** @throws Error for what is no CSR. */
export function readCsr(der: Uint8Array): SigningRequest {
  const [info, algorithm, signature] = children(elementsOf(der)[0]);
  const members = children(info);
  const publicKey = members[2]?.encoded;
  if (info === undefined || publicKey === undefined || signature === undefined) throw new Error('no PKCS#10');
  const hash = hashes[hexOf(children(algorithm)[0])];
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return {
    publicKey,
    identifiers: namesAsked(members.find(({ tag }) => tag === attributesTag)),
    isSigned: hash !== undefined && verify(hash, info.encoded, key, signature.content.subarray(1)),
  };
}

function namesAsked(attributes: Element | undefined): readonly Identifier[] {
  const asked = children(attributes).find((attribute) => hexOf(children(attribute)[0]) === extensionRequest);
  const extensions = children(children(children(asked)[1])[0]);
  const names = extensions.find((extension) => hexOf(children(extension)[0]) === subjectAltName);
  return children(children(children(names).at(-1))[0]).flatMap(identifierOf);
}

function identifierOf(generalName: Element): readonly Identifier[] {
  return nameOf(generalName).map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: canonicalName(name) }));
}

function hexOf(element: Element | undefined): string {
  return Buffer.from(element?.content ?? []).toString('hex');
}

function children(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : elementsOf(element.content);
}
