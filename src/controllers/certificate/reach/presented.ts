import type { Authorization } from '../../../acme/index.ts';
import { challengePath, solverFor } from '../../../api/index.ts';
import type { Cache } from '../../../kube/index.ts';
import type { Clock } from '../../../runtime/index.ts';
import type { CertificateRow } from '../../certificate-row.ts';
import type { IssuerRow } from '../../issuer-row.ts';
import type { Reach } from '../observed.ts';
import type { Account } from '../order/accounts.ts';
import { tokenOf } from '../order/orders.ts';
import type { EndpointRow } from './endpoint-row.ts';
import type { Freshness, Probes, Target } from './probes.ts';
import { reachOf } from './reach.ts';

const fresh: Freshness = { maxAgeMs: 60_000, retryCapMs: 5_000 };

/** Whose challenges are to be presented. */
export interface Presenting {
  readonly certificate: CertificateRow;
  readonly account: Account;
  readonly issuer: IssuerRow;
}

interface Sources {
  readonly clock: Clock;
  readonly endpoints: Pick<Cache<EndpointRow>, 'by'>;
  readonly probes: Probes;
  /** The responders' Service, `namespace/name`. */
  readonly responders: string;
}

/**
 * Whether every ready responder gives each key authorization, asked one by one, and then the way a CA takes.
 *
 * The solver's `selfCheck` decides what the second is worth: `disabled` where the cluster cannot reach itself from within,
 * `advisory` where a failure of it does not hold the order up.
 */
export function presented(sources: Sources, presenting: Presenting, authorizations: readonly Authorization[]): Reach {
  const { certificate, account } = presenting;
  const endpoints = sources.endpoints.by('service', sources.responders).flatMap((row) => row.endpoints);
  if (endpoints.length === 0) return nobody(sources);

  const targets = authorizations.flatMap((authorization) => targetOf(authorization, account.thumbprint));
  const direct = targets.flatMap((target) => endpoints.map((endpoint): Target => ({ ...target, ...endpoint })));
  const pods = sources.probes.reach(certificate.key, direct, fresh);
  if (pods.state !== 'reached') return pods;

  const checked = targets.filter(({ host }) => selfCheckOf(presenting, host) !== 'disabled');
  if (checked.length === 0) return pods;
  const route = sources.probes.reach(certificate.key, checked, fresh);
  const holding = route.hosts.filter(
    ({ host, state }) => state !== 'failed' || selfCheckOf(presenting, host) !== 'advisory',
  );
  return holding.length === 0 ? pods : reachOf(holding, sources.clock.now());
}

function targetOf(authorization: Authorization, thumbprint: string): Target[] {
  const token = tokenOf(authorization);
  if (token === undefined) return [];
  return [{ host: authorization.identifier.value, path: `${challengePath}${token}`, expect: `${token}.${thumbprint}` }];
}

function selfCheckOf({ issuer, certificate }: Presenting, host: string): 'required' | 'advisory' | 'disabled' {
  return solverFor(issuer.spec.acme.solvers, host, certificate.labels)?.selfCheck ?? 'required';
}

function nobody({ clock, responders }: Sources): Reach {
  const now = clock.now();
  const problem = `the Service ${responders} has no ready endpoint`;
  const retryAt = new Date(now.getTime() + fresh.retryCapMs);
  return reachOf([{ host: '', state: 'failed', problem, since: now, retryAt }], now);
}
