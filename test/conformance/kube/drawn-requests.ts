import type { Request } from '../../../src/kube/transport.ts';
import type { JsonObject } from '../../sim/api-server/index.ts';
import {
  type Content,
  drawCertificate,
  drawIngress,
  drawSecret,
  drawStatefulSet,
  drawStatus,
} from './drawn-objects.ts';
import type { Random } from './random.ts';

/** Where requests go on one server, and what was seen there. */
export interface Place {
  readonly namespace: string;
  /** The group of the kind Certificate there. */
  readonly group: string;
  /** By kind and name, the object last seen. */
  readonly seen: ReadonlyMap<string, JsonObject>;
}

/** A request as it is sent to each of two servers: what it carries of an object's version is that of the server. */
export interface Drawn {
  readonly title: string;
  readonly at: (place: Place) => Pick<Request, 'method' | 'path' | 'body' | 'contentType' | 'accept'>;
}

/** A kind that requests are drawn for. */
export interface Target {
  readonly kind: string;
  readonly plural: string;
  readonly subresource?: 'status';
  /** A controller of the real cluster writes to it at any time: what is seen of it is old, and what it wrote is not compared. */
  readonly isWatchedByOthers?: true;
  /** Empty for the core group, undefined for that of the Certificate. */
  readonly group: string | undefined;
  readonly draw: (random: Random) => Content;
}

/** The kinds that requests are drawn for. */
export const targets: readonly Target[] = [
  { kind: 'Certificate', plural: 'certificates', group: undefined, draw: drawCertificate },
  { kind: 'Certificate', plural: 'certificates', group: undefined, subresource: 'status', draw: drawStatus },
  { kind: 'Secret', plural: 'secrets', group: '', draw: drawSecret },
  { kind: 'Ingress', plural: 'ingresses', group: 'networking.k8s.io', draw: drawIngress },
  { kind: 'StatefulSet', plural: 'statefulsets', group: 'apps', isWatchedByOthers: true, draw: drawStatefulSet },
];

const names = ['a', 'b'];
const managers = ['evercert-certificate', 'evercert-reload', 'somebody'];
const nowhere = '6f2c1d7e-93a1-4b7e-8c55-000000000000';

/** Draws the next request. */
export function drawRequest(random: Random): Drawn {
  const target = random.pick([...targets, ...targets.slice(0, 3)]);
  const name = random.pick(names);
  const draw = random.next();
  if (draw < 0.62) return drawApply(random, target, name);
  if (draw < 0.7) return drawUpdate(random, target, name);
  if (draw < 0.76) return drawPatch(random, target, name);
  if (draw < 0.82) return drawDelete(random, target, name);
  return drawRead(random, target, name);
}

function drawApply(random: Random, target: Target, name: string): Drawn {
  const content = target.draw(random);
  const preconditions = drawPreconditions(random, target, name);
  const query = new URLSearchParams({ fieldManager: random.pick(managers), fieldValidation: 'Strict' });
  if (random.chance(0.6)) query.set('force', 'true');
  return {
    title: `apply ${describeTarget(target, name)}`,
    at: (place) => ({
      method: 'PATCH',
      path: `${pathOf(place, target, name)}?${query.toString()}`,
      contentType: 'application/apply-patch+yaml',
      body: objectOf(place, target, { name, ...content.metadata, ...preconditions(place) }, content.rest),
    }),
  };
}

function drawUpdate(random: Random, target: Target, name: string): Drawn {
  const { metadata, rest } = target.draw(random);
  const isPost = random.chance(0.4) && target.subresource === undefined;
  const preconditions = isPost ? () => ({}) : drawPreconditions(random, target, name);
  const keepsManagers = random.chance(0.7);
  const manager = random.pick(managers);
  return {
    title: `${isPost ? 'create' : 'replace'} ${describeTarget(target, name)}`,
    at: (place) => {
      const managedFields = (seenOf(place, target, name)?.['metadata'] as JsonObject | undefined)?.['managedFields'];
      const given = keepsManagers && !isPost && managedFields !== undefined ? { managedFields } : {};
      return {
        method: isPost ? 'POST' : 'PUT',
        path: `${isPost ? collectionOf(place, target) : pathOf(place, target, name)}?fieldManager=${manager}&fieldValidation=Strict`,
        body: objectOf(place, target, { name, ...metadata, ...given, ...preconditions(place) }, rest),
      };
    },
  };
}

function drawPatch(random: Random, target: Target, name: string): Drawn {
  const labels = { tier: random.pick(['one', 'two', null]) };
  const annotations = random.chance(0.5) ? { note: random.pick(['one', null]) } : {};
  const manager = random.pick(managers);
  return {
    title: `patch ${describeTarget(target, name)}`,
    at: (place) => ({
      method: 'PATCH',
      path: `${pathOf(place, target, name)}?fieldManager=${manager}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels, annotations } },
    }),
  };
}

function drawDelete(random: Random, target: Target, name: string): Drawn {
  const preconditions = drawPreconditions(random, target, name);
  const { subresource: _, ...main } = target;
  return {
    title: `delete ${target.plural} ${name}`,
    at: (place) => {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: preconditions(place) };
      return { method: 'DELETE', path: pathOf(place, main, name), body };
    },
  };
}

function drawRead(random: Random, target: Target, name: string): Drawn {
  const metadataOnly = random.chance(0.3);
  if (random.chance(0.4)) {
    const accept = metadataOnly ? 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' : 'application/json';
    return {
      title: `get ${describeTarget(target, name)}`,
      at: (place) => ({ method: 'GET', path: pathOf(place, target, name), accept }),
    };
  }
  const query = new URLSearchParams();
  if (random.chance(0.5)) query.set('labelSelector', random.pick(labelSelectors));
  if (random.chance(0.4)) query.set('fieldSelector', random.pick(fieldSelectors));
  const accept = metadataOnly ? 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' : 'application/json';
  return {
    title: `list ${target.plural} ${decodeURIComponent(query.toString())}`,
    at: (place) => ({ method: 'GET', path: `${collectionOf(place, target)}?${query.toString()}`, accept }),
  };
}

const labelSelectors = ['app=one', 'app!=one', 'app in (one,two),tier', '!tier', 'app notin (three)', 'tier==two'];
const fieldSelectors = [
  'metadata.name=a',
  'metadata.name!=a',
  'spec.secretName=web-tls',
  'status.order.state=pending',
  'type=Opaque',
];

type Preconditions = (place: Place) => JsonObject;

/** With or without a resourceVersion and a uid, of now, of before, or of nothing at all. */
function drawPreconditions(random: Random, target: Target, name: string): Preconditions {
  const drawn = random.pick(['none', 'none', 'none', 'seen', 'seen', 'one']);
  const version = drawn === 'seen' && target.isWatchedByOthers === true ? 'none' : drawn;
  const uid = random.pick(['none', 'none', 'none', 'seen', 'seen', 'wrong']);
  return (place) => {
    const metadata = seenOf(place, target, name)?.['metadata'] as JsonObject | undefined;
    const seenVersion = version === 'seen' ? metadata?.['resourceVersion'] : undefined;
    const seenUid = uid === 'seen' ? metadata?.['uid'] : undefined;
    return {
      ...(version === 'one'
        ? { resourceVersion: '1' }
        : seenVersion === undefined
          ? {}
          : { resourceVersion: seenVersion }),
      ...(uid === 'wrong' ? { uid: nowhere } : seenUid === undefined ? {} : { uid: seenUid }),
    };
  };
}

function seenOf({ seen }: Place, { kind }: Target, name: string): JsonObject | undefined {
  return seen.get(`${kind} ${name}`);
}

/** The path of all objects of a kind. */
export function collectionOf({ namespace, group }: Place, target: Target): string {
  const served = target.group ?? group;
  return `${served === '' ? '/api/v1' : `/apis/${served}/v1`}/namespaces/${namespace}/${target.plural}`;
}

function pathOf(place: Place, target: Target, name: string): string {
  return `${collectionOf(place, target)}/${name}${target.subresource === undefined ? '' : '/status'}`;
}

function objectOf({ group }: Place, target: Target, metadata: JsonObject, rest: JsonObject): JsonObject {
  const served = target.group ?? group;
  return { apiVersion: served === '' ? 'v1' : `${served}/v1`, kind: target.kind, metadata, ...rest };
}

function describeTarget({ plural, subresource }: Target, name: string): string {
  return `${plural} ${name}${subresource === undefined ? '' : '/status'}`;
}
