import * as models from '@kubernetes/client-node';
import { fieldDefaults } from './core-defaults.ts';
import { anything, type Schema } from './schema.ts';

/** How client-node describes the fields of a model. */
interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/**
 * The lists that server-side apply merges item by item, by model and field: their keys, or none for a set. Every other list
 * of the kinds served here is owned whole (`x-kubernetes-list-type` in the API's own types).
 */
const keyedLists: Readonly<Record<string, readonly string[]>> = {
  'V1ObjectMeta.finalizers': [],
  'V1ObjectMeta.ownerReferences': ['uid'],
  'V1PodSpec.containers': ['name'],
  'V1PodSpec.ephemeralContainers': ['name'],
  'V1PodSpec.hostAliases': ['ip'],
  'V1PodSpec.imagePullSecrets': ['name'],
  'V1PodSpec.initContainers': ['name'],
  'V1PodSpec.resourceClaims': ['name'],
  'V1PodSpec.schedulingGates': ['name'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'V1PodSpec.volumes': ['name'],
  'V1Container.env': ['name'],
  'V1Container.ports': ['containerPort', 'protocol'],
  'V1Container.volumeDevices': ['devicePath'],
  'V1Container.volumeMounts': ['mountPath'],
  'V1EphemeralContainer.env': ['name'],
  'V1EphemeralContainer.ports': ['containerPort', 'protocol'],
  'V1EphemeralContainer.volumeDevices': ['devicePath'],
  'V1EphemeralContainer.volumeMounts': ['mountPath'],
  'V1ResourceRequirements.claims': ['name'],
  'V1PodStatus.conditions': ['type'],
  'V1PodStatus.podIPs': ['ip'],
  'V1PodStatus.resourceClaimStatuses': ['name'],
  'V1ContainerStatus.volumeMounts': ['mountPath'],
  'V1DeploymentStatus.conditions': ['type'],
  'V1StatefulSetStatus.conditions': ['type'],
  'V1DaemonSetStatus.conditions': ['type'],
  'V1PersistentVolumeClaimStatus.conditions': ['type'],
  'V1Endpoint.addresses': [],
  'V1ServiceSpec.ports': ['port', 'protocol'],
  'V1ServiceStatus.conditions': ['type'],
  'V1NamespaceStatus.conditions': ['type'],
};

/** The structures that are owned whole (`x-kubernetes-map-type: atomic`), by model or by model and field. */
const atomicMaps: ReadonlySet<string> = new Set([
  'V1OwnerReference',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1LabelSelector',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1FileKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1LocalObjectReference',
  'V1TypedLocalObjectReference',
  'V1ObjectReference',
  'V1ServiceBackendPort',
  'DiscoveryV1EndpointPort',
  'V1PodSpec.nodeSelector',
  'V1ServiceSpec.selector',
]);

const known = new Map<string, Schema>();

/** The schema of a kind that is built in, made from client-node's model of it and the tables above. */
export function coreSchema(model: string): Schema {
  const found = known.get(model);
  if (found !== undefined) return found;
  const properties: Record<string, Schema> = {};
  const schema: Schema = { type: 'object', properties, ...(atomicMaps.has(model) ? atomic : {}) };
  known.set(model, schema); // before its fields: models may contain themselves
  for (const { baseName, type } of attributesOf(model)) {
    const path = `${model}.${baseName}`;
    const given = fieldDefaults[path];
    const field = fieldOf(path, type);
    properties[baseName] = given === undefined ? field : { ...field, default: given };
  }
  return schema;
}

const atomic = { 'x-kubernetes-map-type': 'atomic' } as const;

function attributesOf(model: string): readonly Attribute[] {
  const found = (models as unknown as Record<string, { getAttributeTypeMap?(): readonly Attribute[] } | undefined>)[
    model
  ];
  if (found?.getAttributeTypeMap === undefined) throw new Error(`client-node has no model ${model}`);
  return found.getAttributeTypeMap();
}

function fieldOf(path: string, type: string): Schema {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return listOf(path, fieldOf(path, list));
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    return { type: 'object', additionalProperties: fieldOf('', map), ...(atomicMaps.has(path) ? atomic : {}) };
  }
  switch (type) {
    case 'string':
    case 'Date':
    case 'V1MicroTime':
      return { type: 'string' };
    case 'number':
      return { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'IntOrString':
      return { 'x-kubernetes-int-or-string': true };
    case 'any':
    case 'object':
      return anything;
    default:
      return coreSchema(type);
  }
}

function listOf(path: string, items: Schema): Schema {
  const keys = keyedLists[path];
  if (keys === undefined) return { type: 'array', items, 'x-kubernetes-list-type': 'atomic' };
  if (keys.length === 0) return { type: 'array', items, 'x-kubernetes-list-type': 'set' };
  return { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}
