import { typeMetaOf } from './kinds.ts';
import type { Route } from './routes.ts';
import { type Selector, selectorOf } from './selectors.ts';
import { badRequest, Refusal } from './status.ts';
import type { Store, Version } from './store.ts';

const partial = /;as=PartialObjectMetadata(List)?\b/;

/** Whether an Accept header asks for metadata alone. */
export function asksForMetadata(accept: string | undefined): boolean {
  return accept !== undefined && partial.test(accept);
}

/** The selector of a list or a watch. Throws as {@link selectorOf}. */
export function selectorOfRoute({ kind, namespace, name, query }: Route): Selector {
  const fieldSelector = query.get('fieldSelector') ?? '';
  const selector = selectorOf(kind, { namespace, labelSelector: query.get('labelSelector') ?? '', fieldSelector });
  return name === undefined ? selector : (object) => selector(object) && nameOf(object) === name;
}

/** Where a continue token goes on. */
interface Token {
  /** The revision of the list; -1 for that of now. */
  readonly rv: number;
  readonly start: string;
}

/**
 * One page of a list, as JSON: at the revision that the first page had, in the order of the keys.
 *
 * @throws Refusal 410 when that revision is compacted, 400 for a token that is none.
 */
export function listText(store: Store, route: Route, metadataOnly: boolean): string {
  const { kind, query } = route;
  const token = tokenOf(query.get('continue') ?? '');
  const revision = revisionOf(store, query, token);
  if (revision < store.compacted) throw expired(token, store.revision);

  const selector = selectorOfRoute(route);
  const all = store.list(kind, revision).filter(({ object }) => selector(object));
  const rest = token === undefined ? all : all.filter((version) => keyOfVersion(version) >= token.start);
  const limit = numberOf(query.get('limit') ?? '', 'strconv.ParseInt');
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const items = page.map((version) => (metadataOnly ? version.metadataText : version.itemText));
  const next = rest[page.length];
  const metadata = {
    resourceVersion: String(revision),
    ...continueOf(route, next, { revision, metadataOnly }),
    ...(next === undefined || hasSelector(query) ? {} : { remainingItemCount: rest.length - page.length }),
  };
  const { apiVersion, kind: name } = typeMetaOf(kind);
  const type = metadataOnly
    ? '"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"'
    : `"kind":"${name}List","apiVersion":"${apiVersion}"`;
  return `{${type},"metadata":${JSON.stringify(metadata)},"items":${metadataOnly && items.length === 0 ? 'null' : `[${items.join(',')}]`}}`;
}

/** The revision that is listed: that of the token, the very one that was asked for, or that of now. */
function revisionOf(store: Store, query: URLSearchParams, token: Token | undefined): number {
  if (token !== undefined) return token.rv < 0 ? store.revision : token.rv;
  const asked = numberOf(query.get('resourceVersion') ?? '', 'invalid resource version: strconv.ParseUint');
  if (asked > store.revision) throw tooLarge(asked, store.revision);
  return query.get('resourceVersionMatch') === 'Exact' ? asked : store.revision;
}

function numberOf(text: string, parser: string): number {
  if (!/^\d*$/.test(text)) throw badRequest(`${parser}: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function tooLarge(asked: number, current: number): Refusal {
  const message = 'Too large resource version';
  const details = { causes: [{ reason: 'ResourceVersionTooLarge', message }], retryAfterSeconds: 1 };
  return new Refusal(504, 'Timeout', `Timeout: ${message}: ${asked}, current: ${current}`, { details });
}

/** Lists of a CRD's kind have the field always. */
function continueOf(
  { kind }: Route,
  next: Version | undefined,
  { revision, metadataOnly }: { readonly revision: number; readonly metadataOnly: boolean },
): { readonly continue?: string } {
  if (next !== undefined) return { continue: encodeToken({ rv: revision, start: keyOfVersion(next) }) };
  return kind.isCustom && !metadataOnly ? { continue: '' } : {};
}

function hasSelector(query: URLSearchParams): boolean {
  return (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
}

function keyOfVersion({ object }: Version): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function nameOf(object: { readonly metadata?: unknown }): unknown {
  return (object.metadata as { readonly name?: unknown } | undefined)?.name;
}

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function tokenOf(text: string): Token | undefined {
  if (text === '') return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
  } catch {
    throw badRequest('continue key is not valid: invalid character');
  }
}

/** The Status of an old token carries one that goes on with what is there now. */
function expired(token: Token | undefined, revision: number): Refusal {
  if (token === undefined) {
    return new Refusal(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  }
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return new Refusal(410, 'Expired', message, {
    metadata: { resourceVersion: String(revision), continue: encodeToken({ rv: -1, start: token.start }) },
  });
}
