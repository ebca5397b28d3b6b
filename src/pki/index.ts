/**
 * Keys, signing requests and the reading of X.509. Knows neither ACME nor Kubernetes: names and PEM texts go in, names
 * and PEM texts come out.
 */
export { type Chain, ChainError, leafDer, readChain } from './chain.ts';
export { createCsr } from './csr.ts';
export { encodeKey, encodingOf, generateKey, jwkThumbprint, type KeySpec, keySpecOf } from './key.ts';
export { canonicalName } from './name.ts';
export { type SelfSigned, selfSignedCertificate } from './self-signed.ts';
