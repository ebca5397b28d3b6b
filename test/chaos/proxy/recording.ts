import type { Reply } from './front.ts';
import type { WatchEvent } from './watch.ts';

interface Item {
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly resourceVersion: string };
}

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Item[];
}

/**
 * What the client was told of one collection, in the form that it asked for: its lists and the events that followed. From it
 * any of the revisions in between can be told again.
 */
export class Recording {
  /** Complete lists, the oldest first. */
  readonly #lists: List[] = [];
  readonly #events: { readonly revision: number; readonly event: WatchEvent; readonly item: Item }[] = [];
  #pages: Item[] = [];

  /** Takes in one page of a list. */
  page({ code, body }: Reply): void {
    if (code !== 200 || !(body instanceof Buffer)) return;
    const list = JSON.parse(body.toString('utf8')) as List;
    this.#pages.push(...list.items);
    const isLast = list.metadata.continue === undefined || list.metadata.continue === '';
    if (!isLast) return;
    this.#lists.push({ ...list, items: this.#pages });
    this.#pages = [];
  }

  /** Takes in one event of a watch. */
  event(event: WatchEvent): void {
    if (event.type === 'ERROR' || event.type === 'BOOKMARK') return;
    const item = event.object as Item;
    this.#events.push({ revision: Number(item.metadata.resourceVersion), event, item });
  }

  /**
   * The collection as it was at a revision, as the answer to a list.
   *
   * @throws Error where nothing so old was recorded.
   */
  listAt(revision: number): Reply {
    const base = this.#lists.findLast(({ metadata }) => Number(metadata.resourceVersion) <= revision);
    if (base === undefined) throw new Error(`nothing was recorded of the time up to revision ${revision}`);
    const items = new Map(base.items.map((item) => [keyOf(item), item]));
    for (const { event, item } of this.#between(Number(base.metadata.resourceVersion), revision)) {
      if (event.type === 'DELETED') items.delete(keyOf(item));
      else items.set(keyOf(item), item);
    }
    const list = { ...base, metadata: { resourceVersion: String(revision) }, items: [...items.values()] };
    return { code: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(list)) };
  }

  /** The events after one revision up to another. */
  eventsBetween(after: number, upTo: number): readonly WatchEvent[] {
    return this.#between(after, upTo).map(({ event }) => event);
  }

  #between(after: number, upTo: number) {
    const seen = new Set<number>(); // a watch that was opened anew may have told an event again
    return this.#events.filter(({ revision }) => {
      const isWanted = revision > after && revision <= upTo && !seen.has(revision);
      seen.add(revision);
      return isWanted;
    });
  }
}

function keyOf({ metadata }: Item): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** What tells one form of asking for a collection from another: all that decides what is in its answers. */
export function viewOf(path: string, accept: string): string {
  const { pathname, searchParams } = new URL(path, 'https://api');
  const selectors = ['labelSelector', 'fieldSelector'].map((name) => searchParams.get(name) ?? '');
  return [pathname, ...selectors, accept.replace('List;', ';')].join('\n');
}
