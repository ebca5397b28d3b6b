import { labels, managedByValue } from '../../../api/index.ts';
import { type KubeClient, type KubeObject, type Resource, secrets, UnservedKindError } from '../../../kube/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Observed, SecretSeen } from '../observed.ts';
import type { Statuses } from '../statuses.ts';
import { stored } from '../step-failure.ts';
import { certManager, isMarked } from './adoption.ts';
import type { Secret } from './secret.ts';

const theirCertificates: Resource = {
  group: certManager.group,
  version: 'v1',
  plural: 'certificates',
  kind: 'Certificate',
  namespaced: true,
};

/**
 * Takes from a Secret that is being taken over what no apply of ours could: a `ca.crt` that others put there, and the owner
 * reference with which it would be deleted together with cert-manager's Certificate.
 *
 * @throws ConflictError where the Certificate or the Secret is no longer the one that was read.
 */
export async function takeStrays(
  { client, statuses }: { client: Pick<KubeClient, 'patch'>; statuses: Statuses },
  { certificate, secret }: Pick<Observed, 'certificate' | 'secret'>,
  signal: AbortSignal,
): Promise<void> {
  if (secret.kind !== 'ours' || secret.strays === undefined) return;
  await statuses.confirm(certificate, signal);
  const { uid, resourceVersion, strays } = secret;
  const { caCert, ownerReferences } = strays;
  const change = {
    metadata: {
      uid,
      resourceVersion,
      labels: { [labels.managedBy]: managedByValue },
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    ...(caCert ? { data: { 'ca.crt': null } } : {}),
  };
  const ref = { namespace: certificate.namespace, name: certificate.secretName };
  await stored(certificate.secretName, () => client.patch<KubeObject>(secrets, ref, change, signal));
}

/** The Secret as it is to be seen where cert-manager still has a Certificate that writes it: not ours yet. */
export async function unlessHeld(
  client: Pick<KubeClient, 'get'>,
  { certificate, secret, seen }: { certificate: CertificateRow; secret: Secret | undefined; seen: SecretSeen },
  signal: AbortSignal,
): Promise<SecretSeen> {
  const name = secret?.metadata.annotations?.[certManager.certificateName];
  if (secret === undefined || seen.kind !== 'ours' || name === undefined || isMarked(certificate, secret)) return seen;
  const { namespace, secretName } = certificate;
  const holder = await heldBy(client, { namespace, name }, signal);
  if (holder?.spec?.secretName !== secretName) return seen;
  const why = `The Secret ${secretName} may be taken over, but cert-manager still writes it, for its Certificate ${name}. Delete that and keep the Secret: kubectl delete certificate.cert-manager.io -n ${namespace} ${name} --cascade=orphan. Evercert takes the Secret over within a minute.`;
  return { kind: 'foreign', why, reason: 'AdoptionWaits' };
}

interface TheirCertificate extends KubeObject {
  readonly spec?: { readonly secretName?: string };
}

async function heldBy(
  client: Pick<KubeClient, 'get'>,
  ref: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<TheirCertificate | undefined> {
  try {
    return await client.get<TheirCertificate>(theirCertificates, ref, signal);
  } catch (error) {
    if (error instanceof UnservedKindError) return undefined; // cert-manager is gone, or was never here
    throw error;
  }
}
