import { type Kind, kindId } from './kinds.ts';

/** What a path leads to. */
export interface Route {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  /** Absent for a collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
}

/** A path that leads nowhere: its group and version may be served all the same. */
export type NoRoute = 'unknown-group' | 'unknown-kind';

/** The kinds by the paths they are served at. */
export class Routes {
  readonly #kinds = new Map<string, Kind>();
  readonly #groups = new Set<string>();

  /** All kinds. */
  get kinds(): Iterable<Kind> {
    return this.#kinds.values();
  }

  add(kind: Kind): void {
    this.#kinds.set(kindId(kind.resource), kind);
    this.#groups.add(`${kind.resource.group}/${kind.resource.version}`);
  }

  /** Reads path and query: `/api/v1/...` or `/apis/GROUP/VERSION/...`, with `namespaces/NAME` before a namespaced kind. */
  find(pathAndQuery: string): Route | NoRoute {
    const [path = '', queryText = ''] = pathAndQuery.split('?', 2);
    const [, root, ...segments] = path.split('/').map(decodeURIComponent);
    const group = root === 'apis' ? (segments.shift() ?? '') : '';
    const version = segments.shift() ?? '';
    if (!this.#groups.has(`${group}/${version}`)) return 'unknown-group';
    const query = new URLSearchParams(queryText);
    const [first, namespace, plural] = segments;
    if (first === 'namespaces' && namespace !== undefined && plural !== undefined && plural !== 'status') {
      const [, , , name, subresource] = segments;
      return this.#route({ group, plural, namespace, name, subresource, query });
    }
    const [, name, subresource] = segments;
    return this.#route({ group, plural: first ?? '', namespace: undefined, name, subresource, query });
  }

  #route(found: Omit<Route, 'kind'> & { readonly group: string; readonly plural: string }): Route | NoRoute {
    const { group, plural, ...route } = found;
    const kind = this.#kinds.get(`${group}/${plural}`);
    if (kind === undefined) return 'unknown-kind';
    const isMisplaced = kind.resource.namespaced
      ? route.name !== undefined && route.namespace === undefined
      : route.namespace !== undefined;
    const isUnserved = route.subresource !== undefined && !kind.isCustom && !isStatus(kind, route.subresource);
    return isMisplaced || isUnserved ? 'unknown-kind' : { kind, ...route };
  }
}

function isStatus({ hasStatus }: Kind, subresource: string): boolean {
  return hasStatus && subresource === 'status';
}
