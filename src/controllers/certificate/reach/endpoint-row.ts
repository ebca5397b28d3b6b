import { endpointSlices, type KubeObject, keyOf, type Source } from '../../../kube/index.ts';

/** Where the responders of a Service answer: the addresses of its ready endpoints in one EndpointSlice. */
export interface EndpointRow {
  readonly service: string;
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** The API server sends null for a list without elements, as in a Service without ready pods. */
interface EndpointSlice extends KubeObject {
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean };
      }[]
    | null;
}

/** The EndpointSlices of the operator's own namespace, found by `namespace/service`. */
export function endpointSource(namespace: string): Source<EndpointRow> {
  return {
    resource: endpointSlices,
    namespace,
    project: projectEndpoints,
    indexes: { service: (row) => [row.service] },
  };
}

/** Reads an EndpointSlice; an endpoint without a ready condition counts as ready (discovery.k8s.io/v1). */
export function projectEndpoints(object: KubeObject): EndpointRow {
  const { metadata, ports, endpoints } = object as EndpointSlice;
  const name = metadata.labels?.['kubernetes.io/service-name'] ?? '';
  const port = (ports?.find((one) => one.name === 'http') ?? ports?.[0])?.port;
  const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return {
    service: keyOf({ namespace: metadata.namespace ?? '', name }),
    endpoints:
      port === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((address) => ({ address, port }))),
  };
}
