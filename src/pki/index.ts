/**
 * Keys, signing requests and the reading of X.509. Knows neither ACME nor Kubernetes: names and PEM texts go in, names
 * and PEM texts come out.
 */
export { type Chain, ChainError, leafDer, readableChain, readChain } from './chain.ts';
export { createCsr } from './csr.ts';
export { jksKeystore, jksTruststore } from './jks.ts';
export { encodeKey, encodingOf, generateKey, jwkThumbprint, type KeySpec, keySpecOf } from './key.ts';
export { keystoreContent } from './keystore-content.ts';
export { canonicalName } from './name.ts';
export { pkcs12Keystore, pkcs12Truststore } from './pkcs12.ts';
export type { Pkcs12Profile } from './pkcs12-profile.ts';
export { type SelfSigned, selfSignedCertificate } from './self-signed.ts';
