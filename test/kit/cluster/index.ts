/**
 * The embedded cluster: a real Kubernetes, ACME server and ingress controller in private namespaces of this machine.
 * Nothing of it is left when it ends. `main.ts` is the same on the command line.
 */
export { Cluster, findCluster, OwnedCluster, type RunningCommand, startCluster, stopCluster } from './cluster.ts';
export { prepare, RequirementsError } from './prepare.ts';
export { type Progress, progressOn } from './progress.ts';
export type { ClusterSpec, Parts } from './spec.ts';
