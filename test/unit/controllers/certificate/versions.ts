/** Certificates of a Certificate's past, as its Secret and its archive hold them. */

import type { ArchivedVersion, OwnSecret } from '../../../../src/controllers/certificate/observed.ts';
import { issuedOf } from '../../../../src/controllers/certificate/secret/archive.ts';
import { keySpecOf } from '../../../../src/pki/index.ts';
import { selfSigned } from '../../../kit/self-signed.ts';
import { secret } from './world.ts';

/** Versions of these revisions, valid for so many hours from an hour ago. */
export async function versions(
  revisions: readonly number[],
  hours = 24,
  name = 'shop.example',
): Promise<ArchivedVersion[]> {
  const pairs = await Promise.all(revisions.map(() => selfSigned(name, hours)));
  return pairs.map(({ certificate, key }, index) => {
    return { revision: revisions[index] ?? 0, chainPem: certificate, keyPem: key };
  });
}

export function fingerprintOf(version: ArchivedVersion): string {
  return issuedOf(version)?.fingerprint ?? '';
}

/** The Secret that holds a version. */
export function holding(version: ArchivedVersion, overrides: Partial<OwnSecret> = {}): OwnSecret {
  const issued = issuedOf(version);
  return secret({ ...version, issued, keySpec: keySpecOf(version.keyPem), issuedAt: issued?.notBefore, ...overrides });
}
