import type { JsonObject } from '../../sim/api-server/index.ts';
import type { Random } from './random.ts';

/** What an object says besides its name: metadata, and the rest. */
export interface Content {
  readonly metadata: JsonObject;
  readonly rest: JsonObject;
}

const words = ['one', 'two', 'three'];

/** Labels and annotations, or none of them. */
export function drawMetadata(random: Random): JsonObject {
  return {
    ...(random.chance(0.5) ? { labels: drawMap(random, ['app', 'tier', 'evercert.dev/owner']) } : {}),
    ...(random.chance(0.5) ? { annotations: drawMap(random, ['note', 'evercert.dev/renew']) } : {}),
  };
}

/** The spec of a Certificate: always a valid one, but for one in eight. */
export function drawCertificate(random: Random): Content {
  const isBroken = random.chance(0.12);
  const spec = {
    secretName: isBroken && random.chance(0.4) ? 'Not_A_Name' : random.pick(['web-tls', 'api-tls']),
    issuerRef: { name: random.pick(words), ...(random.chance(0.4) ? { kind: 'ClusterIssuer' } : {}) },
    dnsNames: [
      ...random.some(['a.example', 'b.example', 'c.example']),
      isBroken && random.chance(0.5) ? '*.example' : 'd.example',
    ],
    ...(random.chance(0.3) ? { privateKey: drawKey(random) } : {}),
    ...(random.chance(0.3) ? { secretTemplate: drawMetadata(random) } : {}),
    ...(random.chance(0.2) ? { renewBefore: random.pick(['1h', '720h', 'soon']) } : {}),
    ...(isBroken && random.chance(0.3) ? { archiveLimit: 100 } : {}),
  };
  return { metadata: drawMetadata(random), rest: { spec } };
}

function drawKey(random: Random): JsonObject {
  return {
    algorithm: random.pick(['RSA', 'ECDSA']),
    ...(random.chance(0.5) ? { rotationPolicy: random.pick(['Always', 'Never', 'Sometimes']) } : {}),
  };
}

/** A part of the status of a Certificate: lists with keys, lists without, maps and scalars. */
export function drawStatus(random: Random): Content {
  const status = {
    ...(random.chance(0.7)
      ? { conditions: random.some(['Ready', 'Reachable', 'Issuing', 'Reloaded']).map(condition) }
      : {}),
    ...(random.chance(0.3) ? { revision: Math.floor(random.next() * 3) } : {}),
    ...(random.chance(0.3) ? { fingerprint: random.pick(words) } : {}),
    ...(random.chance(0.4) ? { order: drawOrder(random) } : {}),
    ...(random.chance(0.4) ? { reload: drawReload(random) } : {}),
    ...(random.chance(0.2) ? { renewal: {} } : {}),
  };
  function condition(type: string): JsonObject {
    return {
      type,
      status: random.pick(['True', 'False', 'Unknown']),
      reason: random.pick(['Issued', 'Pending']),
      message: random.pick(words),
      lastTransitionTime: '2026-01-01T00:00:00Z',
      ...(random.chance(0.5) ? { observedGeneration: 1 } : {}),
    };
  }
  return { metadata: random.chance(0.2) ? drawMetadata(random) : {}, rest: random.chance(0.95) ? { status } : {} };
}

function drawOrder(random: Random): JsonObject {
  return {
    url: `https://ca.example/order/${random.pick(words)}`,
    state: random.pick(['pending', 'ready', 'valid']),
    revision: 1,
    thumbprint: random.pick(words),
    identifiers: random.some(['a.example', 'b.example']).map((value) => ({ type: 'dns', value, state: 'pending' })),
  };
}

function drawReload(random: Random): JsonObject {
  const kinds = ['Deployment', 'StatefulSet'];
  return {
    ...(random.chance(0.5) ? { fingerprint: random.pick(words) } : {}),
    workloads: random.some(['web', 'api']).map((name) => ({ kind: random.pick(kinds), name, state: 'Served' })),
  };
}

/** A Secret. */
export function drawSecret(random: Random): Content {
  const data = Object.fromEntries(random.some(['a', 'b', 'c']).map((key) => [key, btoa(random.pick(words))]));
  const rest = {
    ...(random.chance(0.7) ? { data } : {}),
    ...(random.chance(0.1) ? { stringData: { s: random.pick(words) } } : {}),
    ...(random.chance(0.5) ? { type: 'Opaque' } : {}),
    ...(random.chance(0.03) ? { type: 'kubernetes.io/tls' } : {}),
    ...(random.chance(0.02) ? { immutable: true } : {}),
  };
  return { metadata: drawMetadata(random), rest };
}

/** An Ingress: its rules are owned whole. */
export function drawIngress(random: Random): Content {
  const backend = { service: { name: random.pick(words), port: { number: 80 } } };
  const path = { path: '/.well-known/acme-challenge/', pathType: 'Prefix', backend };
  const rules = ['a.example', ...random.some(['b.example', 'c.example'])].map((host) => ({
    host,
    http: { paths: [path] },
  }));
  const spec = {
    ...(random.chance(0.5) ? { ingressClassName: random.pick(words) } : {}),
    rules,
    ...(random.chance(0.3) ? { tls: [{ hosts: ['a.example'], secretName: random.pick(words) }] } : {}),
  };
  return { metadata: drawMetadata(random), rest: { spec } };
}

/** A StatefulSet, whole or a small part of it. */
export function drawStatefulSet(random: Random): Content {
  const annotations = { 'evercert.dev/certificates': random.pick(words) };
  if (random.chance(0.3)) return { metadata: {}, rest: { spec: { template: { metadata: { annotations } } } } };
  const containers = ['web', ...random.some(['side', 'log'])].map((name) => drawContainer(random, name));
  const volumes = random.some(words).map((name) => ({
    name,
    ...(random.chance(0.7) ? { secret: { secretName: random.pick(words) } } : {}),
  }));
  const template = {
    metadata: { labels: { app: 'web' }, ...(random.chance(0.3) ? { annotations } : {}) },
    spec: { containers, ...(random.chance(0.5) ? { volumes } : {}) },
  };
  const spec = {
    ...(random.chance(0.3) ? { replicas: Math.floor(random.next() * 3) } : {}),
    selector: { matchLabels: { app: random.chance(0.95) ? 'web' : 'other' } },
    ...(random.chance(0.2) ? { minReadySeconds: random.pick([1, 2]) } : {}),
    template,
  };
  return { metadata: drawMetadata(random), rest: { spec } };
}

function drawContainer(random: Random, name: string): JsonObject {
  return {
    name,
    image: random.pick(['nginx', 'nginx:latest', 'registry.example:5000/web:1.2']),
    ...(random.chance(0.4)
      ? { env: random.some(['A', 'B']).map((key) => ({ name: key, value: random.pick(words) })) }
      : {}),
    ...(random.chance(0.4) ? { ports: random.some([80, 443]).map((containerPort) => ({ containerPort })) } : {}),
    ...(random.chance(0.2) ? { readinessProbe: { httpGet: { port: 80 } } } : {}),
  };
}

function drawMap(random: Random, keys: readonly string[]): JsonObject {
  return Object.fromEntries(random.some(keys).map((key) => [key, random.pick(words)]));
}
