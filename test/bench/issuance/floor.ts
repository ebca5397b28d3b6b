import { type AcmeClient, acmeClients } from '../../../src/acme/index.ts';
import { challengePath } from '../../../src/api/index.ts';
import { connect, type KubeClient } from '../../../src/kube/index.ts';
import { generateKey, jwkThumbprint } from '../../../src/pki/index.ts';
import type { Case, Samples, Subject, Trial } from '../benchmark.ts';
import { type Issuance, issuanceOf } from './cases.ts';
import { type Measured, samplesOf } from './figures.ts';
import { issue, type Leaf } from './floor-issue.ts';
import { type FloorSite, liveToken, startFloorSite } from './floor-site.ts';
import { freshHosts } from './hosts.ts';
import { untilItAnswers } from './path.ts';
import { inSequence } from './sequence.ts';
import type { Surroundings } from './surroundings.ts';
import { settledWrites } from './writes.ts';

const userAgent = 'evercert-bench-floor';

/**
 * The floor: a bare ACME client that takes the protocol's steps and nothing else. It stores nothing, checks no challenge
 * before the CA does, survives no crash, and writes no object but the Ingress of a new route.
 */
export async function floor(world: Surroundings): Promise<Subject> {
  const kube = connect({ kubeconfig: process.env['KUBECONFIG'] ?? '', userAgent });
  const site = await startFloorSite(kube, world);
  let requests = 0;
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const acme = acmeClients({
    userAgent,
    onRequest: () => {
      requests += 1;
    },
  })({ directoryUrl: world.acmeDirectory, caBundle: world.acmeCA, keyPem });
  await acme.createAccount({ contact: [], termsOfServiceAgreed: true });
  const parts: Parts = { world, kube, site, acme, thumbprint: jwkThumbprint(keyPem), requests: () => requests };
  return {
    name: 'floor',
    async prepare(of: Case): Promise<Trial> {
      const issuance = issuanceOf(of);
      return issuance.kind === 'first' ? firsts(parts, issuance) : renewals(parts, issuance);
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await kube.close();
    },
  };
}

interface Parts {
  readonly world: Surroundings;
  readonly kube: KubeClient;
  readonly site: FloorSite;
  readonly acme: AcmeClient;
  readonly thumbprint: string;
  /** Requests to the CA until now. */
  readonly requests: () => number;
}

function firsts(parts: Parts, issuance: Issuance): Trial {
  return {
    async round() {
      const routes: (() => Promise<void>)[] = [];
      const samples = await counted(parts, async () => {
        const { answers, stormMs } = await inSequence(issuance, freshHosts('floor', issuance), async (host) => {
          const asked = performance.now();
          routes.push(await parts.site.route(host));
          const routed = performance.now();
          await untilLive(parts, host, issuance);
          const routeMs = performance.now() - routed;
          await certificate(parts, host);
          return { readyMs: performance.now() - asked, routeMs };
        });
        return { stormMs, readyMs: answers.map((one) => one.readyMs), routeMs: answers.map((one) => one.routeMs) };
      });
      await Promise.all(routes.map((remove) => remove()));
      return samples;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Their routes and first certificates are there before the first round, and their routes until the end. */
async function renewals(parts: Parts, issuance: Issuance): Promise<Trial> {
  const hosts = freshHosts('floor', issuance);
  const held = new Map<string, Leaf>();
  const routed = issuance.oneRoute === true ? [hosts] : hosts.map((host) => [host]);
  const routes = await Promise.all(routed.map((each) => parts.site.route(...each)));
  await Promise.all(
    hosts.map(async (host) => {
      await untilLive(parts, host, { ...issuance, storm: true });
      held.set(host, await certificate(parts, host));
    }),
  );
  return {
    round: () =>
      counted(parts, async () => {
        const { answers, stormMs } = await inSequence(issuance, hosts, async (host) => {
          const asked = performance.now();
          held.set(host, await certificate(parts, host, held.get(host)?.certID));
          return performance.now() - asked;
        });
        return { stormMs, readyMs: answers, routeMs: [] };
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(routes.map((remove) => remove()));
    },
  };
}

async function untilLive({ world }: Parts, host: string, { storm, certificates }: Issuance): Promise<void> {
  const target = { host, address: world.ingressAddress, path: `${challengePath}${liveToken}`, expect: liveToken };
  await untilItAnswers(target, storm ? certificates : 1);
}

function certificate({ acme, site, thumbprint }: Parts, host: string, replaces?: string): Promise<Leaf> {
  return issue(acme, {
    host,
    ...(replaces === undefined ? {} : { replaces }),
    present: (token) => site.present(token, `${token}.${thumbprint}`),
  });
}

/** Counts what the timed part sent to the CA and wrote to the API server. */
async function counted(
  { world, requests }: Parts,
  timed: () => Promise<Pick<Measured, 'readyMs' | 'routeMs' | 'stormMs'>>,
): Promise<Samples> {
  const mark = await world.audit.mark();
  const before = requests();
  const times = await timed();
  const acmeRequests = requests() - before;
  const written = await settledWrites(world.audit, mark, (write) => write.userAgent === userAgent);
  return samplesOf({ ...times, acmeRequests, renewalInfoRequests: 0, ...written });
}
