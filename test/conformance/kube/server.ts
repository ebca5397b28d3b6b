import type { KubeClient, Resource } from '../../../src/kube/index.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import type { CustomResourceDefinition } from '../../sim/api-server/index.ts';

/** An API server that has to behave as the suite says: the real one, or the simulated one. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly client: KubeClient;
  /** For status codes and bodies. */
  readonly transport: Transport;
  /** Makes a namespace that no other test uses. */
  ownNamespace(): Promise<OwnNamespace>;
  /** Makes a kind that no other test uses, from a CRD whose group is replaced by one of its own; it is served when this resolves. */
  ownKind(definition: CustomResourceDefinition): Promise<OwnKind>;
  /** Makes resourceVersion 1 too old for a watch of a kind of its own, where it is not already. */
  forgetHistory(): Promise<void>;
  /** Lets the controllers behind the server do what is due. */
  settle(): Promise<void>;
}

/** A namespace that goes with the test. */
export interface OwnNamespace extends AsyncDisposable {
  readonly namespace: string;
}

/** A kind that goes with the test. */
export interface OwnKind extends AsyncDisposable {
  readonly resource: Resource;
}

/** Gives a server for one test. */
export type Serve = () => Promise<ServerUnderTest>;

/** A small kind: `spec.value`, and a status subresource with `status.value`. */
export const probeDefinition: CustomResourceDefinition = {
  spec: {
    group: 'probes.example',
    scope: 'Namespaced',
    names: { plural: 'probes', kind: 'Probe' },
    versions: [
      {
        name: 'v1',
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { value: { type: 'string' } } },
              status: { type: 'object', properties: { value: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

/** The definition with another group. */
export function inGroup(definition: CustomResourceDefinition, group: string): CustomResourceDefinition {
  return { ...definition, spec: { ...definition.spec, group } };
}
