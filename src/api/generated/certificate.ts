// Generated from crds/certificates.yaml by build/generate/main.ts. Do not edit.

export interface ObjectMeta { name: string; namespace?: string; uid?: string; resourceVersion?: string; generation?: number; creationTimestamp?: string; deletionTimestamp?: string; labels?: Record<string, string>; annotations?: Record<string, string> }

export interface Certificate { apiVersion: string; kind: string; metadata: ObjectMeta; spec: CertificateSpec; status?: CertificateStatus }

export interface CertificateSpec {
  secretName: string;
  issuerRef: { name: string; kind?: string; group?: string };
  dnsNames?: string[];
  ipAddresses?: string[];
  commonName?: string;
  duration?: string;
  renewBefore?: string;
  renewBeforePercentage?: number;
  privateKey?: { algorithm?: 'RSA' | 'ECDSA' | 'Ed25519'; size?: number; encoding?: 'PKCS1' | 'PKCS8'; rotationPolicy?: 'Always' | 'Never' };
  secretTemplate?: { annotations?: Record<string, string>; labels?: Record<string, string> };
  profile?: string;
  preferredChain?: string;
  archiveLimit?: number;
  partialIssuance?: boolean;
  deletionPolicy?: 'Retain' | 'Delete';
  reload?: { strategy?: 'Auto' | 'SelfReload' | 'Exec' | 'Rolling' | 'None'; targets?: { kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'; name: string }[] };
}

export interface CertificateStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  notBefore?: string;
  notAfter?: string;
  renewalTime?: string;
  serialNumber?: string;
  fingerprint?: string;
  revision?: number;
  renewal?: { window?: { start: string; end: string }; explanationURL?: string };
  order?: {
    url: string;
    state: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
    expires?: string;
    replaces?: string;
    revision: number;
    thumbprint: string;
    identifiers: { type: 'dns' | 'ip'; value: string; state: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked'; token?: string; problem?: string }[];
  };
  failure?: { count: number; lastTime: string; nextAttemptTime: string; problem?: string };
  reload?: {
    fingerprint?: string;
    lastTime?: string;
    workloads?: {
      kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
      name: string;
      state: 'Served' | 'RolledOutUnverified' | 'RollingOut' | 'RolloutFailed' | 'NotServed' | 'NotProbed';
      pods?: number;
      servingPods?: number;
      problem?: string;
    }[];
  };
  history?: { revision: number; fingerprint: string; serialNumber?: string; notBefore?: string; notAfter: string }[];
}

export interface Condition { type: string; status: 'True' | 'False' | 'Unknown'; reason: string; message: string; lastTransitionTime: string; observedGeneration?: number }
