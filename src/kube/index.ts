/**
 * The API server as the program sees it: a client with typed errors, caches of small rows kept by list-watch, leader election
 * and Events. It knows none of our kinds. Below it stands only `runtime`.
 */
export type { Cache, CacheEvent, Change, Source } from './cache.ts';
export type { ApplyOptions, KubeClient } from './client.ts';
export { connect } from './connect.ts';
export type { EventNote } from './event.ts';
export { type EventRecorder, eventRecorder } from './events.ts';
export { leadWhileElected } from './lease.ts';
export { type ListWatchParts, listWatch } from './list-watch.ts';
export {
  createOnly,
  type KubeObject,
  keyOf,
  type ObjectMeta,
  type OwnerReference,
  type Ref,
  type Resource,
  refOf,
} from './objects.ts';
export {
  configMaps,
  daemonSets,
  deployments,
  endpointSlices,
  events,
  ingressClasses,
  ingresses,
  leases,
  pods,
  secrets,
  services,
  statefulSets,
} from './resources.ts';
export { ForbiddenError, UnservedKindError } from './status.ts';
export { LeaseLostError, Tenure } from './tenure.ts';
