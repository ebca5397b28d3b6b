/** A simulated API server, for whatever explores more runs than a real one can carry. */
export { coreKinds, namespaces } from './core-kinds.ts';
export { type CustomResourceDefinition, kindOfDefinition, kindOfFile } from './custom-kinds.ts';
export { directTransport } from './direct-transport.ts';
export type { Json, JsonObject } from './json.ts';
export type { Kind } from './kinds.ts';
export type { Meta, StoredObject } from './objects.ts';
export { type Change, SimApiServer, type SimApiServerParts } from './server.ts';
export type { Cause } from './store.ts';
export type { Sink } from './watches.ts';
