/**
 * Our kinds: their types (generated from crds/), conditions, reasons, labels and annotations.
 *
 * Knows how our objects are written and nothing of how they are stored or acted on.
 */
export { condition, isTrue, type NextCondition } from './conditions.ts';
export type { Certificate, CertificateSpec, CertificateStatus, Condition } from './generated/certificate.ts';
export type { Issuer, IssuerSpec, IssuerStatus } from './generated/issuer.ts';
export { annotations, challengePath, labels, managedByValue, managers, reachabilityToken } from './labels.ts';
export { issuerKeyOf, namesOf } from './names.ts';
export { explained, type Reason, reasons, unexplained } from './reasons.ts';
export { certificates, clusterIssuers, group, issuers, version } from './resources.ts';
export { isCarriedOut, type Solver, solverFor, solverKindOf } from './solvers.ts';
export { timeOf, timestamp } from './times.ts';
