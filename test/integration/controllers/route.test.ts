import assert from 'node:assert/strict';
import { createServer, request as requestHttp, type Server } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { before, describe, test } from 'node:test';
import { certificates, issuers } from '../../../src/api/index.ts';
import type { Ingress } from '../../../src/controllers/ingress-row.ts';
import { routeController } from '../../../src/controllers/route/index.ts';
import { endpointSlices, ingresses, services } from '../../../src/kube/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { environment } from '../../kit/inside.ts';
import { installCrds } from '../api/kubectl.ts';
import { Scene } from './scene.ts';

const path = '/.well-known/acme-challenge/some-token';

/** The route controller, with servers behind Services of the scene's namespace. */
class RouteScene implements AsyncDisposable {
  readonly scene: Scene;
  readonly #servers: Server[] = [];

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  /** With a ready issuer, and a responder that answers `the responder`. */
  static async create(): Promise<RouteScene> {
    const world = new RouteScene(await Scene.create());
    await world.serve('evercert-responder', 'the responder');
    await world.putIssuer(true);
    return world;
  }

  start(): () => Promise<void> {
    const { log, namespace } = this.scene;
    return this.scene.start((client, caches) =>
      routeController({
        client,
        clock: systemClock,
        log,
        caches,
        namespace,
        responderService: 'evercert-responder',
        responderPort: 80,
        installation: `installation-of-${namespace}`,
      }),
    );
  }

  /** A server that answers `text` to everything, behind a Service. */
  async serve(name: string, text: string): Promise<void> {
    const server = createServer((_, response) => response.end(text));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    await this.scene.apply(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ name: 'http', port: 80, targetPort: port }] },
    });
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port, protocol: 'TCP' }],
      endpoints: [{ addresses: [environment('INGRESS_IP')], conditions: { ready: true } }],
    };
    await this.scene.apply(endpointSlices, slice);
  }

  async putIssuer(ready: boolean): Promise<void> {
    const base = { apiVersion: 'evercert.dev/v1', kind: 'Issuer', metadata: { name: 'main' } };
    const solvers = [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }];
    const acme = { server: 'https://ca.test/directory', privateKeySecretRef: { name: 'key' }, solvers };
    await this.scene.apply(issuers, { ...base, spec: { acme } });
    const condition = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason: ready ? 'AccountReady' : 'DirectoryUnavailable',
      message: 'Set by a test.',
      lastTransitionTime: '2026-06-01T00:00:00Z',
    };
    await this.scene.applyStatus(issuers, { ...base, status: { conditions: [condition] } });
  }

  async putCertificate(names: { dnsNames?: string[]; ipAddresses?: string[] }): Promise<string> {
    const { metadata } = await this.scene.apply(certificates, {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { name: 'web' },
      spec: { secretName: 'web-tls', issuerRef: { name: 'main' }, ...names },
    });
    return metadata.uid ?? '';
  }

  async putIngress(name: string, host: string, rule: { path: string; annotations?: object }): Promise<void> {
    const backend = { service: { name, port: { number: 80 } } };
    const http = { paths: [{ path: rule.path, pathType: 'Prefix', backend }] };
    await this.scene.apply(ingresses, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, annotations: { ...rule.annotations } },
      spec: { ingressClassName: environment('INGRESS_CLASS'), rules: [{ host, http }] },
    });
  }

  async untilAnswers(text: string, scheme: 'http' | 'https', host: string, at = path): Promise<void> {
    await this.scene.until(`${scheme}://${host}${at} answers ${text}`, async () => {
      return (await fetched(scheme, host, at)) === `200 ${text}`;
    });
  }

  async untilGone(name: string): Promise<void> {
    const gone = async (): Promise<boolean> => (await this.scene.get(ingresses, name)) === undefined;
    await this.scene.until(`${name} is gone`, gone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
    for (const server of this.#servers) server.close().closeAllConnections();
  }
}

/** What the ingress controller answers, as `status body`. */
function fetched(scheme: 'http' | 'https', host: string, at: string): Promise<string> {
  const to = { host: environment('INGRESS_IP'), path: at, headers: { host }, agent: false, timeout: 5_000 };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked =
    scheme === 'http' ? requestHttp(to) : requestHttps({ ...to, servername: host, rejectUnauthorized: false });
  asked.on('response', (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      body += part;
    });
    response.on('end', () => resolve(`${response.statusCode} ${body}`));
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

describe('the route controller on a real API server and Traefik', { concurrency: 4, timeout: 120_000 }, () => {
  before(() => installCrds());

  test('leads the challenge path to the responder, over HTTP and HTTPS, by two writes; a restart makes none', async () => {
    await using world = await RouteScene.create();
    const { scene } = world;
    const host = `${scene.namespace}.example.com`;
    const stop = world.start();
    const uid = await world.putCertificate({ dnsNames: [host] });
    await world.untilAnswers('the responder', 'http', host);
    await world.untilAnswers('the responder', 'https', host);
    assert.match(await fetched('http', host, '/'), /^404/);
    assert.deepEqual(scene.writes, [`apply ingresses evercert-${uid}`, `apply ingresses evercert-${uid}-tls`]);
    await stop();
    world.start();
    assert.deepEqual(await scene.quiet(), []);
  });

  test('comes before the rule of an application, and takes nothing else from it', async () => {
    await using world = await RouteScene.create();
    const host = `${world.scene.namespace}.example.com`;
    await world.serve('app', 'the app');
    const annotations = { 'traefik.ingress.kubernetes.io/router.priority': '100000' };
    await world.putIngress('app', host, { path: '/', annotations });
    await world.untilAnswers('the app', 'http', host);
    world.start();
    await world.putCertificate({ dnsNames: [host] });
    await world.untilAnswers('the responder', 'http', host);
    for (const other of ['/', '/.well-known/security.txt', '/.well-known/acme-challenger']) {
      assert.equal(await fetched('http', host, other), '200 the app');
    }
  });

  test('leads an address, and takes no host from others', async () => {
    await using world = await RouteScene.create();
    const { namespace } = world.scene;
    await world.serve('other', 'another ACME client');
    await world.putIngress('other', `${namespace}.example.com`, { path: '/.well-known/acme-challenge/' });
    world.start();
    await world.putCertificate({ ipAddresses: [environment('INGRESS_IP')] });
    await world.untilAnswers('the responder', 'http', environment('INGRESS_IP'));
    await world.untilAnswers('another ACME client', 'http', `${namespace}.example.com`);
  });

  test('follows the names, takes back what was changed and leaves what was added', async () => {
    await using world = await RouteScene.create();
    const { scene } = world;
    world.start();
    const uid = await world.putCertificate({ dnsNames: [`a.${scene.namespace}.example.com`] });
    await world.untilAnswers('the responder', 'http', `a.${scene.namespace}.example.com`);
    await world.putCertificate({ dnsNames: [`b.${scene.namespace}.example.com`] });
    await world.untilAnswers('the responder', 'http', `b.${scene.namespace}.example.com`);
    const name = `evercert-${uid}`;
    const changed = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, annotations: { 'example.com/note': 'mine' } },
      spec: { ingressClassName: 'another' },
    };
    await scene.apply(ingresses, changed);
    const isBack = async (): Promise<boolean> => {
      const route = await scene.get<Ingress>(ingresses, name);
      return route?.spec.ingressClassName === environment('INGRESS_CLASS');
    };
    await scene.until('the class is taken back', isBack);
    const kept = await scene.get(ingresses, name);
    assert.equal(kept?.metadata.annotations?.['example.com/note'], 'mine');
    assert.deepEqual(await scene.quiet(), []);
  });

  test('makes none before the issuer is ready, and leaves what is there when it no longer is', async () => {
    await using world = await RouteScene.create();
    const { scene } = world;
    await world.putIssuer(false);
    world.start();
    const uid = await world.putCertificate({ dnsNames: [`${scene.namespace}.example.com`] });
    assert.deepEqual(await scene.quiet(), []);
    await world.putIssuer(true);
    await world.untilAnswers('the responder', 'http', `${scene.namespace}.example.com`);
    await world.putIssuer(false);
    assert.deepEqual(await scene.quiet(), []);
    assert.ok(await scene.get(ingresses, `evercert-${uid}`));
  });

  test('removes the routes of a deleted Certificate, and those left behind while it did not run', async () => {
    await using world = await RouteScene.create();
    const { scene } = world;
    const stop = world.start();
    const first = await world.putCertificate({ dnsNames: [`${scene.namespace}.example.com`] });
    await world.untilAnswers('the responder', 'https', `${scene.namespace}.example.com`);
    await scene.remove(certificates, 'web');
    await world.untilGone(`evercert-${first}`);
    await world.untilGone(`evercert-${first}-tls`);
    const second = await world.putCertificate({ dnsNames: [`${scene.namespace}.example.com`] });
    await world.untilAnswers('the responder', 'https', `${scene.namespace}.example.com`);
    await stop();
    await scene.remove(certificates, 'web');
    world.start();
    await world.untilGone(`evercert-${second}`);
    await world.untilGone(`evercert-${second}-tls`);
  });
});
