import { certificates, isTrue } from '../../api/index.ts';
import { type Cache, type KubeClient, type KubeObject, refOf } from '../../kube/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { IngressRow } from '../ingress-row.ts';
import type { IssuerRow } from '../issuer-row.ts';
import type { OwnWrites } from '../own-writes.ts';
import type { Observed } from './observed.ts';
import { type Classes, type Target, type WantedRoute, wantedRoutes } from './routes.ts';

/** Where a pass reads from. */
export interface Sources {
  readonly client: Pick<KubeClient, 'get'>;
  readonly certificates: Pick<Cache<CertificateRow>, 'get'>;
  readonly ingresses: Pick<Cache<IngressRow>, 'by'>;
  readonly issuerOf: (key: string) => IssuerRow | undefined;
  readonly classes: Classes;
  readonly writes: OwnWrites<IngressRow>;
  readonly target: Target;
}

/**
 * Reads the caches; by name the Certificate alone, before anything of it is removed, and an Ingress that we wrote and the cache
 * has not shown for long. Never writes.
 */
export async function observe(sources: Sources, key: string, signal: AbortSignal): Promise<Observed> {
  const certificate = sources.certificates.get(key);
  const wanted = certificate === undefined ? undefined : wantedOf(sources, certificate);
  const existing = await existingOf(sources, { key, certificate, wanted: wanted ?? [] }, signal);
  const isDoubtful = existing.some(({ certificateUID }) => certificateUID !== certificate?.uid);
  const liveUID = isDoubtful ? await liveUIDOf(sources.client, key, signal) : certificate?.uid;
  return { certificate, wanted, existing, liveUID, installation: sources.target.installation };
}

function wantedOf({ issuerOf, classes, target }: Sources, certificate: CertificateRow): WantedRoute[] | undefined {
  const issuer = issuerOf(certificate.issuerKey);
  if (issuer === undefined || !isTrue(issuer.status.conditions, 'Ready')) return undefined;
  return wantedRoutes(certificate, issuer.spec.acme.solvers, classes, target);
}

interface Asked {
  readonly key: string;
  readonly certificate: CertificateRow | undefined;
  readonly wanted: readonly WantedRoute[];
}

/** What the cache shows, and what we wrote since. */
async function existingOf(
  { ingresses, writes }: Sources,
  { key, certificate, wanted }: Asked,
  signal: AbortSignal,
): Promise<IngressRow[]> {
  const cached = [
    ...ingresses.by('certificate', key),
    ...(certificate === undefined ? [] : ingresses.by('certificateUID', certificate.uid)),
  ];
  const keys = new Set([...cached, ...wanted].map((one) => one.key));
  const rows = await Promise.all([...keys].map((one) => writes.current(one, signal)));
  return rows.filter((row) => row !== undefined);
}

async function liveUIDOf(client: Sources['client'], key: string, signal: AbortSignal): Promise<string | undefined> {
  const live = await client.get<KubeObject>(certificates, refOf(key), signal);
  return live?.metadata.uid;
}
