// Made from crds/ by npm run generate; edit the schema there.
import type {ObjectMeta} from '../metadata.ts';

/**
 * A Certificate asks for a TLS certificate and keeps it valid. Evercert proves control of its names over HTTP-01, writes the certificate and its key into a Secret, renews it in time, and sees to it that the workloads which consume the Secret serve it.
 */
export interface Certificate {
  /**
   * evercert.dev/v1
   */
  apiVersion: string;
  /**
   * Certificate
   */
  kind: string;
  /**
   * The object's metadata.
   */
  metadata: ObjectMeta;
  spec: CertificateSpec;
  status?: CertificateStatus;
}
/**
 * What the certificate is to be. An edit that changes its content orders a new certificate.
 */
export interface CertificateSpec {
  /**
   * The Secret of type kubernetes.io/tls, in the same namespace, that holds the certificate (tls.crt) and its key (tls.key). It is made when it is absent. A Secret of this name that Evercert did not make is left alone, unless it has the annotation evercert.dev/adopt with the value true.
   */
  secretName: string;
  /**
   * The issuer that the certificate is ordered from.
   */
  issuerRef: {
    /**
     * The name of the Issuer or ClusterIssuer.
     */
    name: string;
    /**
     * Issuer (of the same namespace) or ClusterIssuer.
     */
    kind?: string;
    /**
     * evercert.dev, and may be left out.
     */
    group?: string;
  };
  /**
   * The DNS names of the certificate, such as www.example.com. International names are written in their ASCII form (xn--...). Wildcards cannot be proven over HTTP-01.
   */
  dnsNames?: string[];
  /**
   * The IP addresses of the certificate, IPv4 or IPv6. The CA has to offer certificates for them.
   */
  ipAddresses?: string[];
  /**
   * The common name of the certificate, at most 64 characters. It is one of its names: ordered and proven like dnsNames whether or not it stands among them. Rarely needed, because clients read dnsNames.
   */
  commonName?: string;
  /**
   * How long the certificate is to be valid, such as 2160h; at least 1h. An ACME server decides that by itself, so it has no effect but to bound renewBefore.
   */
  duration?: string;
  /**
   * How long before its end the certificate is renewed, such as 720h; at least 5m. Taken at its word where the certificate lives longer than that; where the CA suggests a time that is earlier, or asks for a renewal at once, it is renewed then. Without it: when the CA suggests it; where the CA suggests nothing, when one third of the lifetime is left, one half below 10 days, spread a little.
   */
  renewBefore?: string;
  /**
   * The share of its lifetime, in percent, that is left when the certificate is renewed; from 1 to 99. As renewBefore, the earlier of it and what the CA suggests counts.
   */
  renewBeforePercentage?: number;
  /**
   * Whether and when the certificate is renewed by itself.
   */
  renewal?: {
    /**
     * RenewBefore, the default: by itself, before it expires. Disabled: for no reason of time, not even when it has expired; then Ready is False until a renewal is asked for with the annotation evercert.dev/renew. Missing Secrets and changes of the spec still order a certificate.
     */
    policy?: 'RenewBefore' | 'Disabled';
    /**
     * Maintenance windows. A renewal that has become due starts only while one of them is open, in the first half of it, each certificate at a time of its own. One that has started goes on. Without waiting for a window starts what the CA asks for at once, what is asked for with the annotation evercert.dev/renew, and, so that the certificate does not expire, whatever is not renewed when 5 % of its lifetime are left.
     *
     * Items: One maintenance window.
     */
    windows?: {
      /**
       * When the window opens: minute, hour, day of the month, month and day of the week, as in `0 3 * * MON-FRI` or `30 22 1,15 * *`. Where both days are told either is enough. In a night in which clocks are set forward, a time that they leave out comes as much later.
       */
      cron: string;
      /**
       * The time zone of cron, by its IANA name such as Europe/Berlin; UTC where it is left out.
       */
      timezone?: string;
      /**
       * How long the window stays open, such as 2h or 1h30m; at least 1m.
       */
      windowDuration: string;
    }[];
  };
  /**
   * The private key. What is left out stays as the Secret has it; a new key is ECDSA P-256.
   */
  privateKey?: {
    /**
     * ECDSA or RSA.
     */
    algorithm?: 'ECDSA' | 'RSA' | 'Ed25519';
    /**
     * 256 or 384 for ECDSA, 2048, 3072 or 4096 for RSA.
     */
    size?: number;
    /**
     * How tls.key is written: PKCS8, the default (BEGIN PRIVATE KEY), or PKCS1 (BEGIN EC PRIVATE KEY or BEGIN RSA PRIVATE KEY).
     */
    encoding?: 'PKCS1' | 'PKCS8';
    /**
     * Always, the default: each certificate gets a new key. Never: the key in the Secret is kept, as long as it is of the kind asked for.
     */
    rotationPolicy?: 'Always' | 'Never';
  };
  /**
   * Labels and annotations for the Secret.
   */
  secretTemplate?: {
    /**
     * Annotations for the Secret. Those of evercert.dev are set by Evercert alone.
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Labels for the Secret. Those of evercert.dev are set by Evercert alone.
     */
    labels?: {
      [k: string]: string;
    };
  };
  /**
   * The CA's certificate profile, such as shortlived. Goes before the issuer's.
   */
  profile?: string;
  /**
   * The common name of the root or intermediate to prefer where the CA offers several chains. Goes before the issuer's. Where no chain has it, the CA's default is stored, and the condition Ready says so.
   */
  preferredChain?: string;
  /**
   * How many earlier certificates, with their keys, the archive Secret keeps to roll back to.
   */
  archiveLimit?: number;
  /**
   * Whether a certificate for some of the names may be issued while others do not lead to Evercert or are refused by the CA; false where it is left out. status.problems says which are left out and why. They are tried again by themselves. Names that the certificate in use has are kept until it is about to expire.
   */
  partialIssuance?: boolean;
  /**
   * What becomes of the Secret when the Certificate is deleted. Retain, the default, keeps it. Delete has it owned by the Certificate, so that it goes with it. The archive goes in either case.
   */
  deletionPolicy?: 'Retain' | 'Delete';
  /**
   * How the workloads that consume the Secret come to serve a new certificate.
   */
  reload?: {
    /**
     * Auto, the default, and Rolling: workloads whose pods started before the certificate was issued are rolled, once. None: nothing is rolled, and the condition Reloaded says what is served. SelfReload and Exec are not carried out by this version and are refused.
     */
    strategy?: 'Auto' | 'SelfReload' | 'Exec' | 'Rolling' | 'None';
    /**
     * The workloads to reload, in place of those that are found by what they consume. Not carried out by this version, and refused.
     *
     * Items: One workload of the same namespace.
     */
    targets?: {
      /**
       * Deployment, StatefulSet or DaemonSet.
       */
      kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
      /**
       * The name of the workload.
       */
      name: string;
    }[];
  };
  /**
   * Further forms of the same pair in the Secret.
   *
   * Items: One further form.
   */
  additionalOutputFormats?: {
    /**
     * CombinedPEM, which adds tls-combined.pem with the key and then the chain, or DER, which adds key.der with the key.
     */
    type?: string;
  }[];
  /**
   * Keystores with the same pair in the Secret, for Java and others that read no PEM. Another password is taken up within five minutes, without a new certificate.
   */
  keystores?: {
    /**
     * A Java keystore, keystore.jks; and truststore.jks, where the chain ends in a root.
     */
    jks?: {
      /**
       * Whether it is made.
       */
      create?: boolean;
      /**
       * The alias of the entry; certificate, where it is left out.
       */
      alias?: string;
      /**
       * The Secret, in the same namespace, that holds the password.
       */
      passwordSecretRef?: {
        /**
         * The name of the Secret.
         */
        name?: string;
        /**
         * The key in the Secret's data; password, where it is left out.
         */
        key?: string;
      };
      /**
       * The password itself, for keystores of which it is no secret: programs want one although the Secret guards the keystore.
       */
      password?: string;
    };
    /**
     * A PKCS#12 keystore, keystore.p12; and truststore.p12, where the chain ends in a root.
     */
    pkcs12?: {
      /**
       * Whether it is made.
       */
      create?: boolean;
      /**
       * How it is encrypted: LegacyRC2, which every reader older than OpenSSL 3 and Java 20 takes, and which is meant where it is left out, as with cert-manager; LegacyDES, for those that do not read what is newer; Modern2023 (AES-256, SHA-256), for all others.
       */
      profile?: string;
      /**
       * The Secret, in the same namespace, that holds the password.
       */
      passwordSecretRef?: {
        /**
         * The name of the Secret.
         */
        name?: string;
        /**
         * The key in the Secret's data; password, where it is left out.
         */
        key?: string;
      };
      /**
       * The password itself, for keystores of which it is no secret: programs want one although the Secret guards the keystore.
       */
      password?: string;
    };
  };
  /**
   * The subject of the certificate. Without effect, because ACME servers take no subject but the common name.
   */
  subject?: Record<string, unknown>;
  /**
   * The subject of the certificate as one text. Without effect, as subject.
   */
  literalSubject?: string;
  /**
   * Key usages. Without effect, because the CA decides on them.
   */
  usages?: string[];
  /**
   * Whether usages stand in the request. Without effect, as usages.
   */
  encodeUsagesInRequest?: boolean;
  /**
   * The algorithm that signs the request. Without effect, because it follows from the key.
   */
  signatureAlgorithm?: string;
  /**
   * How many request objects cert-manager keeps. Without effect, because there are none; archiveLimit says how many certificates are kept.
   */
  revisionHistoryLimit?: number;
  /**
   * Constraints of CA certificates. Without effect, because Evercert issues none.
   */
  nameConstraints?: Record<string, unknown>;
  /**
   * Whether the certificate is one of a CA. true is refused, because ACME servers issue none.
   */
  isCA?: boolean;
  /**
   * URIs as names of the certificate. Refused, because ACME servers issue for DNS names and IP addresses alone.
   */
  uris?: string[];
  /**
   * Mail addresses as names of the certificate. Refused, as uris.
   */
  emailAddresses?: string[];
  /**
   * Other kinds of names of the certificate. Refused, as uris.
   *
   * Items: One other name.
   */
  otherNames?: Record<string, unknown>[];
}
/**
 * What Evercert has found and done. Written by its two controllers, each its own part: evercert-reload writes reload and the condition Reloaded, evercert-certificate writes all else.
 */
export interface CertificateStatus {
  /**
   * The generation of the spec that the status was found for.
   */
  observedGeneration?: number;
  /**
   * Ready: the Secret holds a certificate that is valid and as the spec asks. Reachable: every name's challenge path leads to Evercert. Issuing: a certificate is being issued. Reloaded: every consumer serves the certificate in the Secret. Reconciling: a new generation is not met yet. Stalled: a person is needed.
   */
  conditions?: Condition[];
  /**
   * When the certificate in the Secret begins to be valid.
   */
  notBefore?: string;
  /**
   * When the certificate in the Secret expires.
   */
  notAfter?: string;
  /**
   * When the certificate in the Secret is renewed by itself. Absent where that is never (spec.renewal.policy: Disabled).
   */
  renewalTime?: string;
  /**
   * The serial number of the certificate in the Secret, lower-case hexadecimal.
   */
  serialNumber?: string;
  /**
   * SHA-256 of the certificate in the Secret (its leaf, DER), lower-case hexadecimal without colons.
   */
  fingerprint?: string;
  /**
   * The Secret that holds the certificate; another one than spec.secretName until that holds it. The one before is left as it is.
   */
  secretName?: string;
  /**
   * Which issuance of this Certificate the Secret holds, counted from 1.
   */
  revision?: number;
  /**
   * When that certificate was stored first. Kept when the Secret is lost, so that it is not issued twice.
   */
  issuanceTime?: string;
  /**
   * Where the CA gives that certificate again. Kept when the Secret is lost, so that no order is needed.
   */
  certificateURL?: string;
  /**
   * What the CA suggests about the renewal of the certificate in the Secret (ACME renewal information, RFC 9773). Absent where it suggests nothing, or has not been asked yet.
   */
  renewal?: {
    /**
     * The window had passed when the CA told of it: it asks for a renewal at once, as it does for certificates that it is going to revoke.
     */
    immediate?: boolean;
    /**
     * The window in which the CA suggests to renew.
     */
    window?: {
      /**
       * When the window begins.
       */
      start: string;
      /**
       * When the window ends.
       */
      end: string;
    };
    /**
     * A page of the CA that explains the window.
     */
    explanationURL?: string;
  };
  /**
   * The order at the CA that is in progress, or the last one that failed.
   */
  order?: {
    /**
     * The URL of the order.
     */
    url: string;
    /**
     * The state of the order, in the words of RFC 8555, 7.1.6.
     */
    state: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
    /**
     * When the CA gives the order up.
     */
    expires?: string;
    /**
     * The certificate that the order replaces, as renewal information names it (RFC 9773, 4.1).
     */
    replaces?: string;
    /**
     * Which issuance of this Certificate the order is for.
     */
    revision: number;
    /**
     * The thumbprint of the account key that placed the order (RFC 7638). Public; responders answer a token with it.
     */
    thumbprint: string;
    /**
     * How many attempts failed that the order has outlived. It is given up after the fifth, where the CA never comes to an end of it or never gives its certificate.
     */
    failedAttempts?: number;
    /**
     * The names of the order, each with its authorization.
     *
     * Items: One name of the order.
     */
    identifiers: {
      /**
       * dns or ip.
       */
      type: 'dns' | 'ip';
      /**
       * The name.
       */
      value: string;
      /**
       * The state of its authorization, in the words of RFC 8555, 7.1.6.
       */
      state: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
      /**
       * The token of its http-01 challenge. Responders answer it while the order is pending.
       */
      token?: string;
      /**
       * Why it could not be proven, in the words of the CA.
       */
      problem?: string;
    }[];
  };
  /**
   * The last failures in a row. Absent after a success.
   */
  failure?: {
    /**
     * How many attempts failed in a row.
     */
    count: number;
    /**
     * When the last attempt failed.
     */
    lastTime: string;
    /**
     * When the next attempt is due.
     */
    nextAttemptTime: string;
    /**
     * Why the last attempt failed, as the condition Issuing says it in one word.
     */
    reason?: string;
    /**
     * Why the last attempt failed.
     */
    problem?: string;
  };
  /**
   * What is wrong with each name that does not lead to Evercert, or that the CA refused. Absent where nothing is. With partialIssuance these are the names that the certificate is without, as long as they are not in the one in use.
   *
   * Items: One name.
   */
  problems?: {
    /**
     * The name, as in the spec in lower case.
     */
    name: string;
    /**
     * NotReachable; OrderFailed where the CA refused it; NotPresented where its challenge was not answered; Paused or UserActionRequired where a person has to see to it at the CA; or Pending where it works again and is ordered next.
     */
    reason: string;
    /**
     * What is wrong, in the words of the CA where it refused the name; with the page where a person has to go.
     */
    problem: string;
    /**
     * How often in a row the CA refused it.
     */
    count?: number;
    /**
     * When the CA last refused it.
     */
    lastTime?: string;
    /**
     * When an order has it again. Absent where every order has every name.
     */
    nextAttemptTime?: string;
  }[];
  /**
   * The workloads that consume the Secret. Absent where there are none.
   */
  reload?: {
    /**
     * SHA-256 of the certificate that the workloads are to serve, lower-case hexadecimal.
     */
    fingerprint?: string;
    /**
     * When the workloads had all come to have the certificate.
     */
    lastTime?: string;
    /**
     * The workloads that consume the Secret; of very many the first 100.
     *
     * Items: One workload that consumes the Secret.
     */
    workloads?: {
      /**
       * Deployment, StatefulSet or DaemonSet.
       */
      kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
      /**
       * The name of the workload.
       */
      name: string;
      /**
       * How far it is; the words are the reasons of the condition Reloaded.
       */
      state: 'Served' | 'RolledOutUnverified' | 'RollingOut' | 'RolloutFailed' | 'NotServed' | 'NotProbed';
      /**
       * What stands in the way.
       */
      problem?: string;
    }[];
  };
  /**
   * The certificates that the archive Secret keeps, the newest first; evercert.dev/rollback names one of them.
   *
   * Items: One earlier certificate.
   */
  history?: {
    /**
     * Which issuance of this Certificate it was.
     */
    revision: number;
    /**
     * SHA-256 of the certificate, lower-case hexadecimal.
     */
    fingerprint: string;
    /**
     * Its serial number, lower-case hexadecimal.
     */
    serialNumber?: string;
    /**
     * When it began to be valid.
     */
    notBefore?: string;
    /**
     * When it expires.
     */
    notAfter: string;
    /**
     * Whether the annotation evercert.dev/revoke has revoked it. It is never put back.
     */
    revoked?: boolean;
  }[];
}
/**
 * One condition (metav1.Condition).
 */
export interface Condition {
  /**
   * What the condition is about.
   */
  type: string;
  /**
   * Whether it holds.
   */
  status: 'True' | 'False' | 'Unknown';
  /**
   * Why, as one word; docs/troubleshooting.md has an entry for each.
   */
  reason: string;
  /**
   * Why, and what to do, as a sentence.
   */
  message: string;
  /**
   * When the status last changed.
   */
  lastTransitionTime: string;
  /**
   * The generation of the spec that the condition was found for.
   */
  observedGeneration?: number;
}
