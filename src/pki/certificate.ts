import { type Element, elementsOf, tags } from './der.ts';
import { canonicalNames } from './name.ts';

/** What `node:crypto` does not tell of a certificate, or only as a text that would have to be parsed. */
export interface CertificateFields {
  /** DNS names and IP addresses of the subjectAltName extension: canonical, sorted. */
  readonly names: readonly string[];
  /** RFC 9773 section 4.1; undefined where the certificate does not name its issuer's key. */
  readonly certID: string | undefined;
}

const extensionsTag = 0xa3;
const extensionIds = { subjectAltName: '551d11', authorityKeyIdentifier: '551d23' } as const;
const generalNames = { dnsName: 0x82, ipAddress: 0x87 } as const;
const keyIdentifierTag = 0x80;

/**
 * Walks the DER of a certificate (RFC 5280 section 4.1) for its names and its ARI identifier.
 *
 * @throws RangeError where the DER is broken.
 */
export function certificateFields(der: Uint8Array): CertificateFields {
  const tbsCertificate = children(children(elementsOf(der)[0])[0]);
  const serial = tbsCertificate.find(({ tag }) => tag === tags.integer)?.content; // the version stands inside [0]
  const extensions = extensionsOf(tbsCertificate);
  const keyIdentifier = children(extensions.get(extensionIds.authorityKeyIdentifier)).find(
    ({ tag }) => tag === keyIdentifierTag,
  )?.content;
  return {
    names: canonicalNames(children(extensions.get(extensionIds.subjectAltName)).flatMap(nameOf)),
    certID:
      serial === undefined || keyIdentifier === undefined
        ? undefined
        : `${base64url(keyIdentifier)}.${base64url(serial)}`,
  };
}

/** The value of each extension, by the hexadecimal form of its identifier. */
function extensionsOf(tbsCertificate: readonly Element[]): Map<string, Element | undefined> {
  const list = children(tbsCertificate.find(({ tag }) => tag === extensionsTag))[0];
  return new Map(
    children(list).map((extension) => {
      const parts = children(extension);
      const id = parts.find(({ tag }) => tag === tags.objectIdentifier)?.content ?? new Uint8Array();
      const value = parts.find(({ tag }) => tag === tags.octetString);
      return [Buffer.from(id).toString('hex'), children(value)[0]];
    }),
  );
}

/** The name in a GeneralName (RFC 5280 section 4.2.1.6): none for what is neither a DNS name nor an address. */
export function nameOf({ tag, content }: Element): string[] {
  if (tag === generalNames.dnsName) return [Buffer.from(content).toString('latin1')];
  if (tag !== generalNames.ipAddress) return [];
  if (content.length === 4) return [content.join('.')];
  const hex = Buffer.from(content).toString('hex');
  return content.length === 16 ? [(hex.match(/.{4}/g) ?? []).join(':')] : [];
}

function children(element: Element | undefined): Element[] {
  return element === undefined ? [] : elementsOf(element.content);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
