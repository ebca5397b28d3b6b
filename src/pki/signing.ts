import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { bitString, element, objectIdentifier, sequence, tags } from './der.ts';

/** How a key signs: the hash, and the AlgorithmIdentifier that names both. */
interface Signing {
  readonly hash: string;
  readonly identifier: Uint8Array;
}

/** RFC 5758 section 3.2, RFC 4055 section 5; only RSA has parameters. */
const signings = {
  rsa: { hash: 'sha256', identifier: sequence(objectIdentifier('2a864886f70d01010b'), element(tags.null)) },
  prime256v1: { hash: 'sha256', identifier: sequence(objectIdentifier('2a8648ce3d040302')) },
  secp384r1: { hash: 'sha384', identifier: sequence(objectIdentifier('2a8648ce3d040303')) },
} as const satisfies Record<string, Signing>;

const signOffTheLoop = promisify(sign);

/** A private key that signs what X.509 and PKCS#10 have signed. */
export class Signer {
  /** Its public half, a SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The AlgorithmIdentifier of its signatures. */
  readonly identifier: Uint8Array;
  readonly #key: KeyObject;
  readonly #hash: string;

  /** @throws Error where `keyPem` is no ECDSA or RSA key that `KeySpec` describes. */
  constructor(keyPem: string) {
    this.#key = createPrivateKey(keyPem);
    const { hash, identifier } = signingOf(this.#key);
    this.#hash = hash;
    this.identifier = identifier;
    this.publicKey = createPublicKey(this.#key).export({ type: 'spki', format: 'der' });
  }

  /** The SEQUENCE of what is signed, the algorithm and the signature. */
  async signed(content: Uint8Array): Promise<Uint8Array> {
    // An ECDSA signature takes less time than the way to another thread and back; one of RSA 4096 takes 5 ms.
    const signature =
      this.#key.asymmetricKeyType === 'rsa'
        ? await signOffTheLoop(this.#hash, content, this.#key)
        : sign(this.#hash, content, this.#key);
    return sequence(content, this.identifier, bitString(signature));
  }
}

function signingOf(key: KeyObject): Signing {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const name = type === 'ec' ? details?.namedCurve : type;
  if (name === 'rsa' || name === 'prime256v1' || name === 'secp384r1') return signings[name];
  throw new Error(`a key of type ${name} signs no certificates and no requests for them`);
}
