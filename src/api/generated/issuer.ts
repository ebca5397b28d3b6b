// Made from crds/ by npm run generate; edit the schema there.
import type {Condition} from './certificate.ts';
import type {ObjectMeta} from '../metadata.ts';

/**
 * An Issuer is an account at a CA that speaks ACME (RFC 8555), and the way in which control of names is proven to it. An Issuer serves the Certificates of its namespace, a ClusterIssuer those of every namespace.
 */
export interface Issuer {
  /**
   * evercert.dev/v1
   */
  apiVersion: string;
  /**
   * Issuer
   */
  kind: string;
  /**
   * The object's metadata.
   */
  metadata: ObjectMeta;
  spec: IssuerSpec;
  status?: IssuerStatus;
}
/**
 * The CA, the account, and how names are proven.
 */
export interface IssuerSpec {
  /**
   * The ACME server, the account there, and how names are proven.
   */
  acme: {
    /**
     * The URL of the CA's ACME directory, such as https://acme-staging-v02.api.letsencrypt.org/directory. Naming a CA is your consent to its terms, whose URL stands in status.acme.termsOfService.
     */
    server: string;
    /**
     * The mail address that the CA may write to.
     */
    email?: string;
    /**
     * The Secret that keeps the account's key. It is made when it is absent; a key that is there is used, and finds the account it belongs to. Of an Issuer it lies in the Issuer's namespace, of a ClusterIssuer in the operator's.
     */
    privateKeySecretRef: {
      /**
       * The name of the Secret.
       */
      name: string;
      /**
       * The key inside the Secret; tls.key where it is left out.
       */
      key?: string;
    };
    /**
     * false holds the account back, until you have read the terms whose URL stands in status.acme.termsOfService. Otherwise naming the CA is your consent.
     */
    termsOfServiceAgreed?: boolean;
    /**
     * PEM certificates, base64-encoded, that the server's own certificate is verified with. For private CAs; without it those of the image are used.
     */
    caBundle?: string;
    /**
     * Whether the server's own certificate is left unverified. For trials alone; prefer caBundle.
     */
    skipTLSVerify?: boolean;
    /**
     * The account at the CA that the ACME account belongs to, where the CA demands one (RFC 8555, 7.3.4).
     */
    externalAccountBinding?: {
      /**
       * The identifier of the key, as the CA told it.
       */
      keyID: string;
      /**
       * The Secret with the HMAC key, base64url as the CA told it. Lies where privateKeySecretRef does.
       */
      keySecretRef: {
        /**
         * The name of the Secret.
         */
        name: string;
        /**
         * The key inside the Secret; secret where it is left out.
         */
        key?: string;
      };
      /**
       * The MAC algorithm. Without effect; it is HS256.
       */
      keyAlgorithm?: string;
    };
    /**
     * The CA's certificate profile for Certificates that name none; status.acme.profiles lists them.
     */
    profile?: string;
    /**
     * The common name of the root or intermediate to prefer where the CA offers several chains, for Certificates that name none. Where no chain has it, the CA's default is stored, and the Certificate says so.
     */
    preferredChain?: string;
    /**
     * What the CA limits, so that no order is placed that it would refuse. Known for Let's Encrypt; what stands here replaces it limit by limit. For every other CA there is no limit but those that are given.
     */
    rateLimits?: {
      /**
       * New orders at the CA, over all accounts; a fleet is renewed at this pace.
       */
      newOrders?: {
        /**
         * How many there may be in period, all at once at most. 0 is no limit.
         */
        count: number;
        /**
         * The time in which count is refilled, evenly, such as 3h; at least 1s and at most 744h.
         */
        period?: string;
      };
      /**
       * New orders of one account.
       */
      newOrdersPerAccount?: {
        /**
         * How many there may be in period, all at once at most. 0 is no limit.
         */
        count: number;
        /**
         * The time in which count is refilled, evenly, such as 3h; at least 1s and at most 744h.
         */
        period?: string;
      };
      /**
       * Certificates for names of one registered domain by the public suffix list, or for one IPv4 address or one /64 of IPv6.
       */
      certificatesPerDomain?: {
        /**
         * How many there may be in period, all at once at most. 0 is no limit.
         */
        count: number;
        /**
         * The time in which count is refilled, evenly, such as 3h; at least 1s and at most 744h.
         */
        period?: string;
      };
      /**
       * Certificates for exactly the same names.
       */
      certificatesPerExactSet?: {
        /**
         * How many there may be in period, all at once at most. 0 is no limit.
         */
        count: number;
        /**
         * The time in which count is refilled, evenly, such as 3h; at least 1s and at most 744h.
         */
        period?: string;
      };
      /**
       * Validations of one name that fail, for one account.
       */
      failedAuthorizationsPerName?: {
        /**
         * How many there may be in period, all at once at most. 0 is no limit.
         */
        count: number;
        /**
         * The time in which count is refilled, evenly, such as 3h; at least 1s and at most 744h.
         */
        period?: string;
      };
      /**
       * Whether a certificate for the same names as the one that it replaces counts for their exact set alone, as at Let's Encrypt; elsewhere false where it is left out.
       */
      exemptRenewals?: boolean;
    };
    /**
     * How names are proven. Where several fit a name the most specific selector decides, then the first. Without any: by an Ingress of the default IngressClass.
     *
     * Items: One way to prove names.
     */
    solvers?: {
      /**
       * Which names the solver is for. Without it, or empty, all names.
       */
      selector?: {
        /**
         * Labels that the Certificate has to have.
         */
        matchLabels?: {
          [k: string]: string;
        };
        /**
         * Exactly these names.
         */
        dnsNames?: string[];
        /**
         * These domains and all names below them; the longest that fits decides.
         */
        dnsZones?: string[];
      };
      /**
       * What is checked before the CA is told to look: that every responder answers, and then the route as the operator sees it. required, the default: both. advisory: a route that fails is passed over. disabled: the responders alone. Before an order is placed the names have to lead to the responder as the operator sees them, whatever stands here: this version does not serve networks where they cannot.
       */
      selfCheck?: 'required' | 'advisory' | 'disabled';
      /**
       * How long cert-manager waits in place of its check. Without effect; see selfCheck.
       */
      waitInsteadOfSelfCheck?: string;
      /**
       * How the challenge path of a name is led to Evercert. Exactly one way.
       */
      http01?: {
        /**
         * By a path rule of an Ingress controller. Without a class, that of the default IngressClass.
         */
        ingress?: {
          /**
           * The IngressClass. An Ingress of that class is made for each Certificate, in the operator's namespace.
           */
          ingressClassName?: string;
          /**
           * The class as the annotation kubernetes.io/ingress.class, for controllers that read that alone.
           */
          class?: string;
          /**
           * The user's own Ingress that the path is added to. Not carried out by this version; the issuer's condition Ready says so.
           */
          name?: string;
          /**
           * Labels and annotations for the Ingress.
           */
          ingressTemplate?: {
            /**
             * Labels and annotations for the Ingress.
             */
            metadata?: {
              /**
               * Annotations for the Ingress.
               */
              annotations?: {
                [k: string]: string;
              };
              /**
               * Labels for the Ingress.
               */
              labels?: {
                [k: string]: string;
              };
            };
          };
          /**
           * The type of cert-manager's solver Service. Without effect, because none is made.
           */
          serviceType?: string;
          /**
           * A template of cert-manager's solver pod. Without effect, because none is started.
           */
          podTemplate?: Record<string, unknown>;
        };
        /**
         * By an HTTPRoute of the Gateway API. Not carried out by this version; the issuer's condition Ready says so.
         */
        gatewayHTTPRoute?: {
          /**
           * The Gateways. Without them, those whose listeners cover the name.
           *
           * Items: One Gateway, or one of its listeners.
           */
          parentRefs?: {
            /**
             * The API group; gateway.networking.k8s.io where it is left out.
             */
            group?: string;
            /**
             * The kind; Gateway where it is left out.
             */
            kind?: string;
            /**
             * The namespace; that of the Certificate where it is left out.
             */
            namespace?: string;
            /**
             * The name.
             */
            name?: string;
            /**
             * The listener.
             */
            sectionName?: string;
            /**
             * The port of the listener.
             */
            port?: number;
          }[];
          /**
           * Labels for the HTTPRoute.
           */
          labels?: {
            [k: string]: string;
          };
          /**
           * The type of cert-manager's solver Service. Without effect, because none is made.
           */
          serviceType?: string;
          /**
           * A template of cert-manager's solver pod. Without effect, because none is started.
           */
          podTemplate?: Record<string, unknown>;
        };
        /**
         * By a proxy that you keep yourself and that forwards the challenge path to the responder's Service. Not carried out by this version; the issuer's condition Ready says so.
         */
        external?: Record<string, never>;
        /**
         * By files in a directory that pods serve. Not carried out by this version; the issuer's condition Ready says so.
         */
        webroot?: {
          /**
           * The directory that the pods serve as the root of the site.
           */
          path?: string;
          /**
           * The pods, in the namespace of the Certificate.
           */
          podSelector?: {
            /**
             * Labels that the pods have to have.
             */
            matchLabels?: {
              [k: string]: string;
            };
          };
          /**
           * The container of the pods; their first where it is left out.
           */
          container?: string;
        };
      };
      /**
       * Proof over DNS. Refused, because Evercert proves names over HTTP-01 alone.
       */
      dns01?: Record<string, unknown>;
    }[];
    /**
     * Where cert-manager takes renewal times from. Without effect.
     */
    renewalInformationSource?: string;
    /**
     * Whether cert-manager asks the CA for the Certificate's duration. true is not carried out by this version and is refused.
     */
    enableDurationFeature?: boolean;
    /**
     * Whether no account key is made where there is none. Then the Secret has to be there.
     */
    disableAccountKeyGeneration?: boolean;
  };
  /**
   * Which namespaces may have certificates for which names. Not carried out by this version, and refused where it would restrict anything.
   */
  policy?: {
    /**
     * Names, and the namespaces that may always have certificates for them.
     *
     * Items: Names of some namespaces.
     */
    names?: {
      /**
       * Exactly these names.
       */
      dnsNames?: string[];
      /**
       * These domains and all names below them.
       */
      dnsZones?: string[];
      /**
       * The namespaces.
       */
      namespaces?: string[];
    }[];
    /**
     * What holds for a name that nothing in the cluster names yet. Allow, the default, or Deny.
     */
    unclaimed?: 'Allow' | 'Deny';
  };
  /**
   * An issuer that signs with a key of your own. Refused, because Evercert issues from ACME servers alone.
   */
  ca?: Record<string, unknown>;
  /**
   * An issuer of HashiCorp Vault. Refused, as ca.
   */
  vault?: Record<string, unknown>;
  /**
   * An issuer of self-signed certificates. Refused, as ca.
   */
  selfSigned?: Record<string, unknown>;
  /**
   * An issuer of Venafi. Refused, as ca.
   */
  venafi?: Record<string, unknown>;
}
/**
 * What Evercert has found of the CA and the account.
 */
export interface IssuerStatus {
  /**
   * The generation of the spec that the status was found for.
   */
  observedGeneration?: number;
  /**
   * Ready: the account is there and certificates can be ordered.
   *
   * Items: One condition (metav1.Condition).
   */
  conditions?: Condition[];
  /**
   * The CA and the account there.
   */
  acme?: {
    /**
     * The URL of the account.
     */
    uri?: string;
    /**
     * The directory of the CA where the account is.
     */
    directory?: string;
    /**
     * The URL of the CA's terms that are agreed to; of those to read, while termsOfServiceAgreed is false.
     */
    termsOfService?: string;
    /**
     * The mail address that the account was last given.
     */
    lastRegisteredEmail?: string;
    /**
     * The thumbprint of the account's key (RFC 7638). Public.
     */
    keyThumbprint?: string;
    /**
     * The account's key is being changed, because the annotation evercert.dev/rollover asks for it. No order is placed for up to 20 minutes from its begin; the open ones are finished first.
     */
    rollover?: {
      /**
       * When it began.
       */
      since: string;
    };
    /**
     * The CA's certificate profiles, each with what the CA says of it.
     */
    profiles?: {
      [k: string]: string;
    };
  };
}
