import { annotations, labels } from '../../../api/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { Strays } from '../observed.ts';
import type { Secret } from './secret.ts';

/** What cert-manager's objects are known by. */
export const certManager = {
  group: 'cert-manager.io',
  /** On Secrets: the Certificate of cert-manager that they belong to. */
  certificateName: 'cert-manager.io/certificate-name',
} as const;

/** The types that the chart's fence lets the operator write. */
const writableTypes: ReadonlySet<string> = new Set(['kubernetes.io/tls', 'Opaque']);

/** Whether the Secret carries our label with the uid of this Certificate. */
export function isMarked({ uid }: CertificateRow, { metadata }: Secret): boolean {
  return metadata.labels?.[labels.certificateUID] === uid;
}

/** Why a Secret is not ours to write, as a sentence that says what to do; undefined where it is. */
export function foreignBecause(certificate: CertificateRow, secret: Secret): string | undefined {
  const where = `The Secret ${certificate.secretName}`;
  const noted = secret.metadata.annotations ?? {};
  const isOurs = isMarked(certificate, secret);
  if (!isOurs && noted[annotations.adopt] !== 'true') {
    const owner = noted[annotations.certificateName];
    const whose = owner === undefined ? 'was not made by Evercert' : `belongs to an earlier Certificate ${owner}`;
    return `${where} ${whose} and is left as it is. Give spec.secretName another name, or let Evercert take it over: kubectl annotate secret -n ${certificate.namespace} ${certificate.secretName} ${annotations.adopt}=true`;
  }
  if (secret.immutable === true) {
    return `${where} is immutable, and cannot be written by anybody. Make it anew without "immutable", or delete it: kubectl delete secret -n ${certificate.namespace} ${certificate.secretName}; or give spec.secretName another name.`;
  }
  const type = secret.type ?? 'Opaque';
  if (isOurs || writableTypes.has(type)) return undefined;
  return `${where} is of type ${type}; Evercert writes Secrets of type kubernetes.io/tls and Opaque alone. Give spec.secretName another name.`;
}

/** What a Secret that is being taken over has to lose first; undefined where it is ours already, or has nothing of that. */
export function straysOf(certificate: CertificateRow, secret: Secret): Strays | undefined {
  if (isMarked(certificate, secret)) return undefined;
  const owners = secret.metadata.ownerReferences ?? [];
  const others = owners.filter(({ apiVersion }) => !apiVersion.startsWith(`${certManager.group}/`));
  const caCert = secret.data?.['ca.crt'] !== undefined;
  if (!caCert && others.length === owners.length) return undefined;
  return { caCert, ownerReferences: others.length === owners.length ? undefined : others };
}
