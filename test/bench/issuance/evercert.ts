import { annotations, type Certificate, certificates } from '../../../src/api/index.ts';
import { type Cache, type KubeObject, keyOf, secrets } from '../../../src/kube/index.ts';
import { followCertificates, says } from '../../kit/certificates.ts';
import { Awaited } from '../awaited.ts';
import type { Case, Samples, Subject, Trial } from '../benchmark.ts';
import { type Issuance, issuanceOf } from './cases.ts';
import { type Measured, samplesOf } from './figures.ts';
import { freshHosts } from './hosts.ts';
import { operatorAcmeRequests } from './metrics.ts';
import { Routes } from './routes.ts';
import { inSequence } from './sequence.ts';
import { standingRoute } from './standing-route.ts';
import { manager, namespace, type Surroundings } from './surroundings.ts';
import { settledWrites } from './writes.ts';

const timeoutMs = 300_000;
/** So many are made ready at once before the first round. */
const atOnce = 100;
/** Of a hundred routes at once so many are followed: polling all of them would take the processor from what is measured. */
const mostFollowed = 10;

/** The ClusterIssuer that the kit makes. */
const embedded = 'embedded';

/** Evercert as its chart installed it. */
export async function evercert(world: Surroundings): Promise<Subject> {
  const ending = new AbortController();
  const { cache, running } = followCertificates(world.client, ending.signal);
  const routes = new Routes(world, ending.signal);
  await cache.whenSynced(ending.signal);
  await routes.whenSynced;
  const parts: Parts = { world, routes, certificates: cache, ready: new Awaited(cache) };
  return {
    name: 'evercert',
    async prepare(of: Case): Promise<Trial> {
      const issuance = issuanceOf(of);
      return issuance.kind === 'first' ? firsts(parts, issuance) : renewals(parts, issuance);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all([running, routes.ended]);
    },
  };
}

interface Parts {
  readonly world: Surroundings;
  readonly routes: Routes;
  readonly certificates: Cache<Certificate>;
  readonly ready: Awaited<Certificate>;
}

function firsts(parts: Parts, issuance: Issuance): Trial {
  return {
    async round() {
      const hosts = freshHosts('evercert', issuance);
      const samples = await counted(parts, async () => {
        const every = Math.max(1, Math.ceil(hosts.length / mostFollowed));
        const followed = hosts.filter((_, index) => index % every === 0);
        const live = parts.routes.follow(followed, issuance.storm ? followed.length : 1);
        const issued = inSequence(issuance, hosts, (host) => first(parts, host));
        const [{ answers, stormMs }, routeMs] = await Promise.all([issued, live]);
        return { stormMs, readyMs: answers, routeMs };
      });
      await remove(parts, hosts);
      return samples;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Their certificates are there before the first round, and until the end. */
async function renewals(parts: Parts, issuance: Issuance): Promise<Trial> {
  const hosts = freshHosts('evercert', issuance);
  const issuer = issuance.oneRoute === true ? await standingRoute(parts.world) : embedded;
  for (let from = 0; from < hosts.length; from += atOnce) {
    await Promise.all(hosts.slice(from, from + atOnce).map((host) => first(parts, host, issuer)));
  }
  return {
    round: () =>
      counted(parts, async () => {
        const { answers, stormMs } = await inSequence(issuance, hosts, (host) => renewal(parts, host));
        return { stormMs, readyMs: answers, routeMs: [] };
      }),
    [Symbol.asyncDispose]: () => remove(parts, hosts),
  };
}

/** Milliseconds from the apply's being sent until Ready was seen. */
async function first(parts: Parts, host: string, issuer = embedded): Promise<number> {
  const asked = performance.now();
  await apply(parts, host, {
    spec: { secretName: host, dnsNames: [host], issuerRef: { kind: 'ClusterIssuer', name: issuer } },
  });
  await untilReady(parts, host, undefined);
  return performance.now() - asked;
}

/** Milliseconds from the annotation's being sent until Ready with another certificate was seen. */
async function renewal(parts: Parts, host: string): Promise<number> {
  const before = parts.certificates.get(keyOf({ namespace, name: host }))?.status?.fingerprint;
  const asked = performance.now();
  await apply(parts, host, {}, { [annotations.renew]: new Date().toISOString() });
  await untilReady(parts, host, before);
  return performance.now() - asked;
}

async function apply(
  { world }: Parts,
  host: string,
  content: object,
  notes?: Readonly<Record<string, string>>,
): Promise<void> {
  const metadata = { name: host, namespace, ...(notes === undefined ? {} : { annotations: { ...notes } }) };
  const object = { apiVersion: 'evercert.dev/v1', kind: 'Certificate', metadata, ...content };
  // Another manager for the annotation: an apply takes away what its own manager no longer says.
  await world.client.apply(certificates, object, { manager: notes === undefined ? manager : `${manager}-renew` });
}

async function untilReady({ ready }: Parts, host: string, before: string | undefined): Promise<void> {
  const isReady = (one: Certificate | undefined): boolean =>
    one?.status?.fingerprint !== undefined && one.status.fingerprint !== before && says(one, 'Ready', 'True');
  await ready.until(keyOf({ namespace, name: host }), isReady, { timeoutMs, describe });
}

function describe(one: Certificate | undefined): string {
  if (one === undefined) return 'it is not there';
  return (one.status?.conditions ?? []).map(({ type, status, message }) => `${type}=${status} ${message}`).join('; ');
}

/** Deletes Certificates and their Secrets, and waits until the routes are gone too. */
async function remove({ world, routes }: Parts, hosts: readonly string[]): Promise<void> {
  await Promise.all(
    hosts.flatMap((name) =>
      [certificates, secrets].map(async (resource) => {
        const found = await world.client.get<KubeObject>(resource, { namespace, name });
        if (found !== undefined)
          await world.client.remove(resource, { namespace, name }, { uid: found.metadata.uid ?? '' });
      }),
    ),
  );
  await routes.untilGone(hosts);
}

/** Counts what the timed part made the operator send to the CA and write to the API server. */
async function counted(
  { world }: Parts,
  timed: () => Promise<Pick<Measured, 'readyMs' | 'routeMs' | 'stormMs'>>,
): Promise<Samples> {
  const mark = await world.audit.mark();
  const before = await requestsOf(world);
  const times = await timed();
  const written = await settledWrites(world.audit, mark, ({ user }) =>
    user.startsWith('system:serviceaccount:evercert:'),
  );
  const after = await requestsOf(world);
  return samplesOf({
    ...times,
    acmeRequests: after.issuing - before.issuing,
    renewalInfoRequests: after.renewalInfo - before.renewalInfo,
    ...written,
  });
}

async function requestsOf({
  client,
}: Surroundings): Promise<{ readonly issuing: number; readonly renewalInfo: number }> {
  const renewalInfo = await operatorAcmeRequests(client, 'renewalInfo');
  return { issuing: (await operatorAcmeRequests(client)) - renewalInfo, renewalInfo };
}
