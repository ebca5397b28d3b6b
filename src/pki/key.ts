import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Turns } from './turns.ts';

/** The keys that public CAs sign for. */
export type KeySpec =
  | { readonly algorithm: 'ECDSA'; readonly size: 256 | 384 }
  | { readonly algorithm: 'RSA'; readonly size: 2048 | 3072 | 4096 };

const curves = { 256: 'prime256v1', 384: 'secp384r1' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const rsaTurns = new Turns(2);
const generatePair = promisify(generateKeyPair);

/**
 * Makes a private key, as PKCS#8 PEM. RSA keys are made off the event loop, at most two at once: RSA 4096 holds one of
 * the four threads, which name resolution and the file system share, for half a second. An ECDSA key takes a fraction of a
 * millisecond, half of what it takes to ask a thread for it.
 */
export async function generateKey(spec: KeySpec): Promise<string> {
  if (spec.algorithm === 'RSA') return rsaTurns.take(() => generateRsa(spec.size));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curves[spec.size] });
  return privateKey.export(privateKeyEncoding).toString();
}

async function generateRsa(modulusLength: number): Promise<string> {
  return (await generatePair('rsa', { modulusLength, privateKeyEncoding, publicKeyEncoding })).privateKey;
}

/** The algorithm and size of a private key in PEM; undefined for what is no key, or none of these. */
export function keySpecOf(keyPem: string): KeySpec | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = parsePrivateKey(keyPem) ?? {};
  if (type === 'ec') {
    if (details?.namedCurve === curves[256]) return { algorithm: 'ECDSA', size: 256 };
    return details?.namedCurve === curves[384] ? { algorithm: 'ECDSA', size: 384 } : undefined;
  }
  const size = details?.modulusLength;
  const isKnown = type === 'rsa' && (size === 2048 || size === 3072 || size === 4096);
  return isKnown ? { algorithm: 'RSA', size } : undefined;
}

/**
 * Writes a private key in the encoding that cert-manager gives the same name: `PKCS1` is PKCS#1 for RSA and SEC 1 for
 * ECDSA. Other keys have but the one, PKCS#8.
 *
 * @throws Error where `keyPem` is no private key.
 */
export function encodeKey(keyPem: string, encoding: 'PKCS1' | 'PKCS8'): string {
  const key = createPrivateKey(keyPem);
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8';
  return key.export({ type: encoding === 'PKCS8' ? 'pkcs8' : type, format: 'pem' }).toString();
}

/** The encoding of a private key in PEM, by the label of its block; `PKCS8` also for what is no key. */
export function encodingOf(keyPem: string): 'PKCS1' | 'PKCS8' {
  return /^-----BEGIN (?:RSA|EC) PRIVATE KEY-----/m.test(keyPem) ? 'PKCS1' : 'PKCS8';
}

/**
 * The thumbprint of a key's public half, in base64url (RFC 7638): what a challenge answer names the account by
 * (RFC 8555 section 8.1).
 *
 * @throws Error where `keyPem` is neither an RSA nor an EC key.
 */
export function jwkThumbprint(keyPem: string): string {
  const members = JSON.stringify(requiredMembers(createPublicKey(keyPem).export({ format: 'jwk' })));
  return createHash('sha256').update(members).digest('base64url');
}

/** RFC 7638 section 3.2: these members and no others, in the order of their names. */
function requiredMembers({ kty, crv, x, y, e, n }: JsonWebKey): Record<string, string | undefined> {
  if (kty === 'EC') return { crv, kty, x, y };
  if (kty === 'RSA') return { e, kty, n };
  throw new Error(`the thumbprint of a key of type ${kty} is not defined here`);
}

/** The private key in a PEM text; undefined where there is none. */
export function parsePrivateKey(keyPem: string): KeyObject | undefined {
  try {
    return createPrivateKey(keyPem);
  } catch {
    return undefined;
  }
}
