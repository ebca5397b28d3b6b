import { type Certificate, certificates } from '../../../src/api/index.ts';
import { ingresses, secrets } from '../../../src/kube/index.ts';
import type { Call, Reply } from '../proxy/index.ts';
import { isReady, type Shop, type Site } from './site.ts';

/** What a user does, and what has to come of it. */
export interface Scenario {
  /** A phrase for people. */
  readonly what: string;
  /** Whether the operator starts after the user has acted, so that all it does at its start can be cut short too. */
  readonly cold?: true;
  /** Whether there is a Certificate at rest, for one name, before. */
  readonly issued?: true;
  /** Whether a Deployment serves it. */
  readonly served?: true;
  readonly act: (site: Site, shop: Shop) => Promise<void>;
  /** What the user does as soon as the API server has taken the first record of an order, before the operator hears so. */
  readonly onOrder?: (site: Site, shop: Shop) => Promise<void>;
  /** Whether all that was asked for is there. */
  readonly done: (site: Site, shop: Shop) => boolean;
  /** How many certificates may be issued for it at most. */
  readonly certificates: number;
}

/** Every scenario, by the name that the command line knows it by. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  first: {
    what: 'a first certificate for two names, by an operator that starts',
    cold: true,
    act: (site, shop) => site.apply(shop, shop.hosts.slice(0, 2)),
    done: (site, shop) => isAtRest(site, shop, 1),
    certificates: 1,
  },
  renewal: {
    what: 'a renewal asked for by annotation',
    issued: true,
    act: (site, shop) => site.renew(shop),
    done: (site, shop) => isAtRest(site, shop, 2),
    certificates: 1,
  },
  reload: {
    what: 'a renewal of a certificate that a Deployment serves',
    issued: true,
    served: true,
    act: (site, shop) => site.renew(shop),
    done: (site, shop) => isAtRest(site, shop, 2) && isReloaded(site, shop),
    certificates: 1,
  },
  'spec-change': {
    what: 'two names added to a certificate at rest',
    issued: true,
    act: (site, shop) => site.apply(shop, shop.hosts),
    done: (site, shop) => isAtRest(site, shop, 2),
    certificates: 1,
  },
  'spec-change-ordered': {
    what: 'a name added right after the order was recorded',
    act: (site, shop) => site.apply(shop, shop.hosts.slice(0, 1)),
    onOrder: (site, shop) => site.apply(shop, shop.hosts.slice(0, 2)),
    done: (site, shop) => isAtRest(site, shop, 2),
    certificates: 1,
  },
  'secret-deleted': {
    what: 'a Secret that somebody deleted',
    issued: true,
    act: (site, shop) => site.remove(secrets, shop.secretName),
    done: (site, shop) => isAtRest(site, shop, 2),
    certificates: 1,
  },
  deletion: {
    what: 'a Certificate deleted at rest',
    issued: true,
    act: (site, shop) => site.remove(certificates, shop.name),
    done: isGone,
    certificates: 0,
  },
};

/** Whether a call is the record of an order in a status. */
export function recordsOrder({ resource, subresource }: Call, { code, body }: Reply): boolean {
  if (resource !== certificates.plural || subresource !== 'status' || code >= 300 || typeof body === 'function')
    return false;
  const { status } = JSON.parse(body.toString('utf8')) as { readonly status?: { readonly order?: unknown } };
  return status?.order !== undefined;
}

/** Whether a Certificate is Ready at a revision or beyond, and nothing of an issuance is left. */
export function isAtRest({ history }: Site, { name, secretName }: Shop, revision: number): boolean {
  const certificate = history.get(certificates, name) as Certificate | undefined;
  const { status } = certificate ?? {};
  return (
    isReady(certificate) &&
    status?.order === undefined &&
    (status?.revision ?? 0) >= revision &&
    history.get(secrets, secretName) !== undefined
  );
}

/** Whether the workloads of a Certificate have the leaf that its Secret holds. */
export function isReloaded({ history }: Site, { name }: Shop): boolean {
  const certificate = history.get(certificates, name) as Certificate | undefined;
  const { conditions = [], reload, fingerprint } = certificate?.status ?? {};
  const isTold = conditions.some(({ type, status }) => type === 'Reloaded' && status === 'True');
  return isTold && reload?.fingerprint === fingerprint;
}

/** Whether nothing is left of a Certificate but its Secret. */
export function isGone({ history }: Site, { name }: Shop): boolean {
  const ours = [...history.list(ingresses), ...history.list(secrets)].filter(
    ({ metadata }) => metadata.annotations?.['evercert.dev/certificate-name'] === name,
  );
  return history.get(certificates, name) === undefined && ours.length <= 1;
}
