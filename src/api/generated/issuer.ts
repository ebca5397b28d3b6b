// Generated from crds/issuers.yaml by build/generate/main.ts. Do not edit.
import type { Condition, ObjectMeta } from './certificate.ts';

export interface Issuer { apiVersion: string; kind: string; metadata: ObjectMeta; spec: IssuerSpec; status?: IssuerStatus }
export interface ClusterIssuer { apiVersion: string; kind: string; metadata: ObjectMeta; spec: IssuerSpec; status?: IssuerStatus }

export interface IssuerSpec {
  acme?: {
    server?: string;
    email?: string;
    privateKeySecretRef?: { name?: string; key?: string };
    termsOfServiceAgreed?: boolean;
    caBundle?: string;
    skipTLSVerify?: boolean;
    externalAccountBinding?: { keyID?: string; keySecretRef?: { name?: string; key?: string } };
    profile?: string;
    preferredChain?: string;
    solvers?: {
      selector?: { matchLabels?: Record<string, string>; dnsNames?: string[]; dnsZones?: string[] };
      selfCheck?: 'required' | 'advisory' | 'off';
      http01?: {
        ingress?: { ingressClassName?: string; class?: string; name?: string };
        gatewayHTTPRoute?: { parentRefs?: { group?: string; kind?: string; name: string; namespace?: string; sectionName?: string; port?: number }[]; labels?: Record<string, string> };
        external?: Record<string, never>;
        webroot?: { path: string };
      };
    }[];
  };
}

export interface IssuerStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  acme?: { uri?: string; termsOfService?: string; lastRegisteredEmail?: string; profiles?: Record<string, string>; keyThumbprint?: string };
}
