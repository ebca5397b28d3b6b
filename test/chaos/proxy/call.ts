/**
 * What a call is counted among: `write` for whatever changes an object, with Events and the Lease apart; `read` for gets and
 * lists; `acme` for every request to the CA.
 */
export type CallKind = 'write' | 'event' | 'lease' | 'read' | 'watch' | 'acme';

/** One request of the client. */
export interface Call {
  readonly kind: CallKind;
  /** From 0, among the calls of its kind, in the order in which they came. */
  readonly number: number;
  /** Kubernetes' words, with `apply` for a server-side apply; of an ACME request its HTTP method. */
  readonly verb: string;
  /** The plural of a kind, or RFC 8555's word: `newOrder`, `finalize`. */
  readonly resource: string;
  readonly namespace?: string;
  /** Absent for collections, and so for what is made by POST. */
  readonly name?: string;
  readonly subresource?: string;
  /** With its query. */
  readonly path: string;
}

/** What a request is, before it is counted. */
export type Described = Omit<Call, 'number'>;

/** A call in a line: `apply certificates web/shop/status`, `newOrder`. */
export function describeCall({ kind, verb, resource, namespace, name, subresource }: Call): string {
  if (kind === 'acme') return resource;
  const path = [namespace, name, subresource].filter((part) => part !== undefined).join('/');
  return [verb, resource, path].filter((part) => part !== '').join(' ');
}

/** Where a request to an API server leads. */
export interface KubePath {
  /** `/api/v1`, `/apis/apps/v1`; undefined for what serves no objects. */
  readonly groupVersion?: string;
  readonly namespace?: string;
  /** Empty where there is no object behind the path. */
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Reads the path of a request to an API server. */
export function kubePathOf(pathname: string): KubePath {
  const segments = pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const root = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : undefined;
  if (root === undefined || segments.length <= root) return { resource: '' };
  const groupVersion = `/${segments.slice(0, root).join('/')}`;
  const [first = '', second, third, ...others] = segments.slice(root);
  const inside = first === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize';
  const [namespace, resource, name, subresource] = inside
    ? [second, third, others[0], others[1]]
    : [undefined, first, second, third];
  return {
    groupVersion,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** What a request to an API server asks for. */
export function describeKube(method: string, path: string, contentType: string): Described {
  const url = new URL(path, 'https://api');
  const { groupVersion: _, ...parts } = kubePathOf(url.pathname);
  const isOne = parts.name !== undefined || parts.resource === '';
  const verb = verbOf(method, isOne, url.searchParams, contentType);
  return { kind: kindOf(verb, parts.resource), verb, path, ...parts };
}

function verbOf(method: string, isOne: boolean, query: URLSearchParams, contentType: string): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (['true', '1'].includes(query.get('watch') ?? '')) return 'watch';
      return isOne ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return contentType.startsWith('application/apply-patch') ? 'apply' : 'patch';
    default:
      return isOne ? 'delete' : 'deletecollection';
  }
}

function kindOf(verb: string, resource: string): CallKind {
  if (verb === 'watch') return 'watch';
  if (verb === 'get' || verb === 'list') return 'read';
  if (resource === 'leases') return 'lease';
  return resource === 'events' ? 'event' : 'write';
}
