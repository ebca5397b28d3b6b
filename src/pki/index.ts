/** Keys, signing requests and the reading of X.509; knows neither ACME nor Kubernetes. */
export type KeySpec = { algorithm: 'ECDSA'; size: 256 | 384 } | { algorithm: 'RSA'; size: 2048 | 3072 | 4096 };
export interface Leaf {
  readonly names: readonly string[];
  readonly commonName: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly certID: string | undefined;
  readonly issuer: string;
  hasKey(keyPem: string): boolean;
}
export interface Chain {
  readonly pem: string;
  readonly leaf: Leaf;
  readonly length: number;
}
export declare class ChainError extends Error {}
export declare function generateKey(spec: KeySpec): Promise<string>;
export declare function keySpecOf(keyPem: string): KeySpec | undefined;
export declare function encodeKey(keyPem: string, encoding: 'PKCS1' | 'PKCS8'): string;
export declare function jwkThumbprint(keyPem: string): string;
export declare function createCsr(request: {
  names: readonly string[];
  commonName?: string;
  keyPem: string;
}): Promise<Uint8Array>;
export declare function readChain(pem: string): Chain;
export declare function canonicalName(name: string): string;
