/** The Ingress objects that a route consists of behind one kind of ingress controller. */
export interface Preset {
  readonly objects: readonly {
    /** Of the object's name. */
    readonly suffix: '' | '-tls';
    readonly annotations: Readonly<Record<string, string>>;
    /** Few names need it beside the first: it is not to keep those of others waiting. */
    readonly isSecond?: true;
  }[];
  /** Put on the objects whose rules name a host, so that no application's rule for the same host comes before ours. */
  readonly precedence: Readonly<Record<string, string>>;
}

/**
 * Makes external-dns skip an Ingress: a value other than its own. The prefix was renamed in its version 0.22.
 * https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/
 */
const noDNSRecords = {
  'external-dns.alpha.kubernetes.io/controller': 'evercert',
  'external-dns.kubernetes.io/controller': 'evercert',
};

/** One plain Ingress, for controllers that nothing else is known of. */
const plain: Preset = { objects: [{ suffix: '', annotations: noDNSRecords }], precedence: {} };

/**
 * Behind a global redirect to HTTPS the plain Ingress answers with the redirect, which the CA follows. What answers there is
 * the same one where the entry point for HTTPS has TLS of its own, as in Traefik's chart, and else the second one. Neither
 * names an entry point: what those are called is for the user to say. The priority lies below the largest that a 32-bit
 * Traefik admits, which refuses the router otherwise.
 */
const traefik: Preset = {
  objects: [
    { suffix: '', annotations: noDNSRecords },
    {
      suffix: '-tls',
      annotations: { ...noDNSRecords, 'traefik.ingress.kubernetes.io/router.tls': 'true' },
      isSecond: true,
    },
  ],
  precedence: { 'traefik.ingress.kubernetes.io/router.priority': '2147480000' },
};

const presets: ReadonlyMap<string, Preset> = new Map([['traefik.io/ingress-controller', traefik]]);

/** The preset for the classes of this controller (`spec.controller` of an IngressClass). */
export function presetOf(controller: string | undefined): Preset {
  return presets.get(controller ?? '') ?? plain;
}
