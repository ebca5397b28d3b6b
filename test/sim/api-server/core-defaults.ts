import { at, isObject, type Json, type JsonObject, listOf, objectOf, textOf, withField } from './json.ts';
import { metadataOf, withMeta } from './objects.ts';

/** What the API server fills in wherever the structure is that has the field, by model and field. */
export const fieldDefaults: Readonly<Record<string, Json>> = {
  'V1Secret.type': 'Opaque',
  'V1Pod.status': {},
  'V1PodStatus.phase': 'Pending',
  'V1PodSpec.dnsPolicy': 'ClusterFirst',
  'V1PodSpec.restartPolicy': 'Always',
  'V1PodSpec.schedulerName': 'default-scheduler',
  'V1PodSpec.securityContext': {},
  'V1PodSpec.terminationGracePeriodSeconds': 30,
  'V1Container.resources': {},
  'V1Container.terminationMessagePath': '/dev/termination-log',
  'V1Container.terminationMessagePolicy': 'File',
  'V1ContainerPort.protocol': 'TCP',
  'V1Probe.failureThreshold': 3,
  'V1Probe.periodSeconds': 10,
  'V1Probe.successThreshold': 1,
  'V1Probe.timeoutSeconds': 1,
  'V1HTTPGetAction.path': '/',
  'V1HTTPGetAction.scheme': 'HTTP',
  'V1ObjectFieldSelector.apiVersion': 'v1',
  'V1SecretVolumeSource.defaultMode': 420,
  'V1ConfigMapVolumeSource.defaultMode': 420,
  'V1ProjectedVolumeSource.defaultMode': 420,
  'V1DownwardAPIVolumeSource.defaultMode': 420,
  'V1ServiceAccountTokenProjection.expirationSeconds': 3600,
  'V1Deployment.status': {},
  'V1DeploymentSpec.progressDeadlineSeconds': 600,
  'V1DeploymentSpec.replicas': 1,
  'V1DeploymentSpec.revisionHistoryLimit': 10,
  'V1DeploymentSpec.strategy': {},
  'V1DeploymentStrategy.type': 'RollingUpdate',
  'V1StatefulSet.status': {},
  'V1StatefulSetStatus.availableReplicas': 0,
  'V1StatefulSetStatus.replicas': 0,
  'V1StatefulSetSpec.podManagementPolicy': 'OrderedReady',
  'V1StatefulSetSpec.replicas': 1,
  'V1StatefulSetSpec.revisionHistoryLimit': 10,
  'V1StatefulSetSpec.persistentVolumeClaimRetentionPolicy': {},
  'V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': 'Retain',
  'V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': 'Retain',
  'V1StatefulSetSpec.serviceName': '',
  'V1StatefulSetSpec.updateStrategy': {},
  'V1RollingUpdateStatefulSetStrategy.partition': 0,
  'V1DaemonSet.status': {},
  'V1DaemonSetStatus.currentNumberScheduled': 0,
  'V1DaemonSetStatus.desiredNumberScheduled': 0,
  'V1DaemonSetStatus.numberMisscheduled': 0,
  'V1DaemonSetStatus.numberReady': 0,
  'V1DaemonSetSpec.revisionHistoryLimit': 10,
  'V1DaemonSetSpec.updateStrategy': {},
  'V1DaemonSetUpdateStrategy.type': 'RollingUpdate',
  'V1RollingUpdateDaemonSet.maxSurge': 0,
  'V1RollingUpdateDaemonSet.maxUnavailable': 1,
  'V1Ingress.status': {},
  'V1IngressStatus.loadBalancer': {},
  'V1Service.status': {},
  'V1ServiceStatus.loadBalancer': {},
  'V1ServiceSpec.internalTrafficPolicy': 'Cluster',
  'V1ServiceSpec.sessionAffinity': 'None',
  'V1ServiceSpec.type': 'ClusterIP',
  'V1ServicePort.protocol': 'TCP',
  'DiscoveryV1EndpointPort.name': '',
  'DiscoveryV1EndpointPort.protocol': 'TCP',
  'EventsV1Event.deprecatedFirstTimestamp': null,
  'EventsV1Event.deprecatedLastTimestamp': null,
  'EventsV1Event.deprecatedSource': {},
  'V1Namespace.spec': { finalizers: ['kubernetes'] },
  'V1Namespace.status': {},
  'V1NamespaceStatus.phase': 'Active',
};

const emptyTemplate = { metadata: {}, spec: { containers: null } };

/**
 * What the server's own type has before anything is set in it, by kind: a structure that is no pointer is there from the start,
 * so that nobody owns it for having made it.
 */
export const emptyObjects: Readonly<Record<string, JsonObject>> = {
  Pod: { spec: { containers: null }, status: {} },
  Deployment: { spec: { selector: null, template: emptyTemplate, strategy: {} }, status: {} },
  StatefulSet: {
    spec: { selector: null, template: emptyTemplate, serviceName: '', updateStrategy: {} },
    status: { replicas: 0 },
  },
  DaemonSet: { spec: { selector: null, template: emptyTemplate, updateStrategy: {} }, status: {} },
  Ingress: { spec: {}, status: { loadBalancer: {} } },
  IngressClass: { spec: {} },
  EndpointSlice: { addressType: '', endpoints: null, ports: null },
  Service: { spec: {}, status: { loadBalancer: {} } },
  Lease: { spec: {} },
  Event: {
    eventTime: null,
    regarding: {},
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  },
  Namespace: { spec: {}, status: {} },
};

const templateGeneration = 'deprecated.daemonset.template.generation';

/** Fills in what depends on other fields, after {@link fieldDefaults}; by kind. */
export function defaultsOf(kind: string): (object: JsonObject, before: JsonObject | undefined) => JsonObject {
  switch (kind) {
    case 'Secret':
      return decodedData;
    case 'Pod':
      return (pod) => changed(pod, ['spec'], podSpec);
    case 'Deployment':
      return (workload) =>
        changed(changed(workload, ['spec', 'strategy'], rollingBy('25%')), ['spec', 'template', 'spec'], podSpec);
    case 'StatefulSet':
      return (workload) =>
        changed(
          changed(workload, ['spec', 'updateStrategy'], rollingUnlessTold),
          ['spec', 'template', 'spec'],
          podSpec,
        );
    case 'DaemonSet':
      return (workload, before) =>
        generationOfTemplate(
          changed(changed(workload, ['spec', 'updateStrategy'], rolling), ['spec', 'template', 'spec'], podSpec),
          before,
        );
    case 'Service':
      return (service) => changed(service, ['spec', 'ports'], targetPorts);
    case 'Namespace':
      return (namespace) => {
        const { labels, name } = metadataOf(namespace);
        return withMeta(namespace, 'labels', withField(objectOf(labels), 'kubernetes.io/metadata.name', name));
      };
    default:
      return (object) => object;
  }
}

/** `stringData` is written, never read. */
function decodedData(secret: JsonObject): JsonObject {
  const texts = secret['stringData'];
  if (!isObject(texts)) return secret;
  const encoded = Object.entries(texts).map(([key, text]) => [key, Buffer.from(textOf(text)).toString('base64')]);
  const data = { ...objectOf(secret['data']), ...(Object.fromEntries(encoded) as JsonObject) };
  return withField(withField(secret, 'data', data), 'stringData', undefined);
}

function podSpec(spec: Json): Json {
  return changed(
    changed(changed(objectOf(spec), ['containers'], images), ['initContainers'], images),
    ['volumes'],
    (volumes) => each(volumes, (volume) => (Object.keys(volume).length > 1 ? volume : { ...volume, emptyDir: {} })),
  );
}

function images(containers: Json): Json {
  return each(containers, (container) => {
    if (container['imagePullPolicy'] !== undefined) return container;
    const isLatest = /^(?!.*@)(?:.*:latest|(?:.*\/)?[^:]*)$/.test(textOf(container['image']));
    return { ...container, imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent' };
  });
}

function rollingBy(share: string): (strategy: Json) => Json {
  return (strategy) => {
    const { type, rollingUpdate } = objectOf(strategy);
    if (type !== 'RollingUpdate') return strategy;
    const filled = { maxSurge: share, maxUnavailable: share, ...objectOf(rollingUpdate) };
    return Object.keys(objectOf(rollingUpdate)).length === 2
      ? strategy
      : { ...objectOf(strategy), rollingUpdate: filled };
  };
}

function rolling(strategy: Json): Json {
  const { type, rollingUpdate } = objectOf(strategy);
  if (type !== 'RollingUpdate' || rollingUpdate !== undefined) return strategy;
  return { ...objectOf(strategy), rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
}

/** A StatefulSet that names no type of strategy gets one with all that is in it. */
function rollingUnlessTold(strategy: Json): Json {
  const { type, rollingUpdate } = objectOf(strategy);
  if (type !== undefined) return strategy;
  return { ...objectOf(strategy), type: 'RollingUpdate', rollingUpdate: { partition: 0, ...objectOf(rollingUpdate) } };
}

/** A DaemonSet counts the changes of its template in an annotation. */
function generationOfTemplate(workload: JsonObject, before: JsonObject | undefined): JsonObject {
  const last = Number(at(before, ['metadata', 'annotations', templateGeneration]) ?? 0);
  const isNew = before === undefined || at(before, ['spec', 'template']) !== at(workload, ['spec', 'template']);
  const annotations = objectOf(metadataOf(workload)['annotations']);
  return withMeta(workload, 'annotations', withField(annotations, templateGeneration, String(isNew ? last + 1 : last)));
}

function targetPorts(ports: Json): Json {
  return each(ports, (port) => (port['targetPort'] === undefined ? withField(port, 'targetPort', port['port']) : port));
}

function each(list: Json, change: (item: JsonObject) => JsonObject): Json {
  const items = listOf(list);
  const out = items.map((item) => change(objectOf(item)));
  return out.every((item, index) => item === items[index]) ? list : out;
}

/** The object with what a path leads to changed, if it is there. */
function changed(object: JsonObject, path: readonly string[], change: (value: Json) => Json): JsonObject {
  const [field, ...rest] = path;
  const value = field === undefined ? undefined : object[field];
  if (field === undefined || value === undefined) return object;
  return withField(object, field, rest.length === 0 ? change(value) : changed(objectOf(value), rest, change));
}
