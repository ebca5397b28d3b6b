import { readFileSync } from 'node:fs';
import { connect, type KubeClient, type KubeObject, type Resource } from '../../../src/kube/index.ts';
import { AuditLog } from '../../kit/audit-log.ts';
import { environment } from '../../kit/inside.ts';

/** What both subjects find in the cluster. */
export interface Surroundings {
  readonly client: KubeClient;
  readonly audit: AuditLog;
  readonly acmeDirectory: string;
  /** PEM. */
  readonly acmeCA: string;
  readonly ingressAddress: string;
  readonly ingressClass: string;
}

/** Who the benchmark's own requests come from, in the audit log. */
export const userAgent = 'evercert-bench';
/** The field manager of what the benchmark applies. */
export const manager = 'bench';
/** Where the benchmark makes its objects. */
export const namespace = 'bench';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/** Reads the environment that the cluster gives to a command inside it, and makes the namespace. */
export async function surroundings(): Promise<Surroundings> {
  const client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent });
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await client.apply(namespaces, object, { manager, force: true });
  return {
    client,
    audit: new AuditLog(environment('AUDIT_LOG')),
    acmeDirectory: environment('ACME_DIRECTORY'),
    acmeCA: readFileSync(environment('ACME_CA_FILE'), 'utf8'),
    ingressAddress: environment('INGRESS_IP'),
    ingressClass: environment('INGRESS_CLASS'),
  };
}
