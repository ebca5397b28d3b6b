import {
  configMaps,
  daemonSets,
  deployments,
  endpointSlices,
  events,
  ingressClasses,
  ingresses,
  leases,
  pods,
  type Resource,
  secrets,
  services,
  statefulSets,
} from '../../../src/kube/index.ts';
import { checksOf } from './core-checks.ts';
import { defaultsOf, emptyObjects } from './core-defaults.ts';
import { coreSchema } from './core-schemas.ts';
import { canonical, withDefaults } from './defaults.ts';
import type { JsonObject } from './json.ts';
import type { Kind } from './kinds.ts';

/** Namespaces. */
export const namespaces: Resource = Object.freeze({
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
});

/** What the kinds differ in. */
interface Traits {
  readonly model: string;
  readonly hasStatus?: boolean;
  readonly generationIgnores?: readonly string[];
  readonly statusResets?: readonly (readonly string[])[];
  readonly selectableFields?: Readonly<Record<string, string>>;
  readonly updatesUnconditionally?: false;
  readonly createsOnUpdate?: true;
}

const beside = ['metadata', 'status', 'apiVersion', 'kind'];
const resetsOfStatus = [['f:spec'], ['f:metadata', 'f:labels']];

const podFields = {
  'spec.nodeName': '',
  'spec.restartPolicy': '',
  'spec.schedulerName': '',
  'spec.serviceAccountName': '',
  'spec.hostNetwork': 'false',
  'status.phase': '',
  'status.podIP': '',
  'status.nominatedNodeName': '',
};

/** The kinds of the API server itself that Evercert uses, and those its tests need. */
export const coreKinds: readonly Kind[] = [
  kindOf(secrets, { model: 'V1Secret', selectableFields: { type: '' } }),
  kindOf(configMaps, { model: 'V1ConfigMap' }),
  kindOf(pods, {
    model: 'V1Pod',
    hasStatus: true,
    generationIgnores: beside,
    statusResets: [['f:spec'], ['f:metadata', 'f:deletionTimestamp'], ['f:metadata', 'f:ownerReferences']],
    selectableFields: podFields,
  }),
  kindOf(deployments, {
    model: 'V1Deployment',
    hasStatus: true,
    generationIgnores: beside,
    statusResets: resetsOfStatus,
  }),
  kindOf(statefulSets, {
    model: 'V1StatefulSet',
    hasStatus: true,
    generationIgnores: beside,
    statusResets: [['f:spec']],
  }),
  kindOf(daemonSets, { model: 'V1DaemonSet', hasStatus: true, generationIgnores: beside, statusResets: [['f:spec']] }),
  kindOf(ingresses, { model: 'V1Ingress', hasStatus: true, generationIgnores: beside, statusResets: [['f:spec']] }),
  kindOf(ingressClasses, { model: 'V1IngressClass', generationIgnores: beside }),
  kindOf(endpointSlices, { model: 'V1EndpointSlice', generationIgnores: beside }),
  kindOf(services, {
    model: 'V1Service',
    hasStatus: true,
    statusResets: [['f:spec']],
    createsOnUpdate: true,
    selectableFields: { 'spec.clusterIP': '', 'spec.type': '' },
  }),
  kindOf(leases, { model: 'V1Lease', updatesUnconditionally: false, createsOnUpdate: true }),
  kindOf(events, { model: 'EventsV1Event', createsOnUpdate: true, selectableFields: { reason: '', type: '' } }),
  kindOf(namespaces, {
    model: 'V1Namespace',
    hasStatus: true,
    statusResets: [['f:spec']],
    selectableFields: { 'status.phase': '' },
  }),
];

function kindOf(resource: Resource, traits: Traits): Kind {
  const schema = coreSchema(traits.model);
  const fill = defaultsOf(resource.kind);
  return {
    resource,
    schema,
    empty: emptyObjects[resource.kind] ?? {},
    isCustom: false,
    hasStatus: traits.hasStatus ?? false,
    generationIgnores: traits.generationIgnores,
    statusResets: traits.statusResets ?? [],
    selectableFields: traits.selectableFields ?? {},
    updatesUnconditionally: traits.updatesUnconditionally ?? true,
    createsOnUpdate: traits.createsOnUpdate ?? false,
    prepare: (object, before) => fill(withDefaults(schema, canonical(schema, object, before)) as JsonObject, before),
    check: checksOf(resource.kind),
  };
}
