import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { certificates } from '../../../src/api/index.ts';
import { connect, type KubeClient, type KubeObject, type Resource, secrets } from '../../../src/kube/index.ts';
import { AuditLog } from '../../kit/audit-log.ts';
import { killComponent, reviveComponent } from '../../kit/components.ts';
import { environment, kubectl } from '../../kit/inside.ts';
import { change, compact, load } from './etcd.ts';
import { type Fleet, type Member, makeFleet } from './fleet.ts';
import { bundlePrograms, type Programs } from './programs.ts';
import { type Relay, startRelay } from './relay.ts';

/** What the subjects stand on: a real API server with a fleet in it, behind a relay. */
export interface Ground extends AsyncDisposable {
  readonly client: KubeClient;
  readonly audit: AuditLog;
  readonly relay: Relay;
  /** A kubeconfig that leads through the relay. */
  readonly kubeconfig: string;
  /** A folder that goes with it. */
  readonly folder: string;
  readonly programs: Programs;
  /** Starts the API server anew: what it remembers of the changes of a round is gigabytes. */
  renew(): Promise<void>;
  /** Makes the fleet as large as that; it never shrinks. */
  grow(size: number): Promise<void>;
  /** Changes the members from `first` to before `last` in nothing that matters. */
  touch(first: number, last: number): Promise<void>;
  /** What every name of the fleet answers at the path of reachability. */
  presents(body: string): void;
}

/** The operator's namespace. */
export const namespace = 'evercert';
const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
/** How long the API server is given to take in what was written beside it. */
const intakeLimitMs = 600_000;
const lookMs = 1_000;
/** What it does afterwards, such as collecting its garbage, is not to be in the first round. */
const calmMs = 10_000;

/** Applies the CRDs and makes the rest ready. */
export async function prepareGround(): Promise<Ground> {
  const kubeconfig = environment('KUBECONFIG');
  const client = connect({ kubeconfig, userAgent: 'evercert-bench' });
  await kubectl('apply', '--server-side', '-f', 'crds/');
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await client.apply(namespaces, object, { manager: 'bench', force: true });

  await killComponent('kube-controller-manager'); // its garbage collector would keep a fleet in memory as well

  const given = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { server, 'certificate-authority-data': authority } = given.clusters[0].cluster;
  const relay = await startRelay(new URL(server), Buffer.from(authority, 'base64').toString('utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'evercert-bench-cache-'));
  const through = join(folder, 'kubeconfig');
  writeFileSync(through, JSON.stringify(relayed(given, relay)), { mode: 0o600 });

  const programs = await bundlePrograms(join(folder, 'programs'));
  const fleet = await makeFleet();
  let size = 0;
  let touch = 0;
  let reachability = '';
  const names = createServer((_request, response) => response.end(reachability)).listen(80, '0.0.0.0');
  return {
    client,
    audit: new AuditLog(environment('AUDIT_LOG')),
    relay,
    kubeconfig: through,
    folder,
    programs,
    async renew() {
      await killComponent('kube-apiserver');
      await reviveComponent('kube-apiserver');
      await takenIn(client);
      await pause(calmMs);
    },
    async grow(to) {
      if (to <= size) return;
      const added = membersOf(fleet, { first: size, last: to, touch });
      await load(added.flatMap(({ certificate, secret }) => [certificate, secret]));
      size = to;
      await compact();
      await takenIn(client);
    },
    async touch(first, last) {
      if (first === 0) touch += 1;
      const touched = membersOf(fleet, { first, last, touch });
      await change(touched.map(({ certificate, secret }) => [certificate, secret]));
    },
    presents(body) {
      reachability = body;
    },
    async [Symbol.asyncDispose]() {
      names.close();
      await relay[Symbol.asyncDispose]();
      await client.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Resolves when the API server serves what etcd holds: until then it refuses lists, because its watch caches lag behind. */
async function takenIn(client: KubeClient): Promise<void> {
  const deadline = performance.now() + intakeLimitMs;
  for (const resource of [certificates, secrets]) {
    for (;;) {
      const isServed = await client.list(resource, {}, { limit: 1 }).then(
        () => true,
        (error: unknown) => error,
      );
      if (isServed === true) break;
      if (performance.now() > deadline) throw isServed;
      await pause(lookMs);
    }
  }
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
}

function relayed(given: Kubeconfig, { url, authority }: Relay): object {
  const [first] = given.clusters;
  const known = Buffer.from(first.cluster['certificate-authority-data'], 'base64').toString('utf8');
  const data = Buffer.from(`${known}\n${authority}`).toString('base64');
  return { ...given, clusters: [{ ...first, cluster: { server: url, 'certificate-authority-data': data } }] };
}

function* membersOf(
  fleet: Fleet,
  { first, last, touch }: { readonly first: number; readonly last: number; readonly touch: number },
): Generator<Member, void, void> {
  for (let index = first; index < last; index += 1) yield fleet.member(index, touch);
}
