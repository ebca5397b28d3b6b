import type { Call, Fate } from '../proxy/index.ts';

/** Whether a crash can be placed at a call: all that change something, and all that the CA hears. */
export function isPoint({ kind }: Call): boolean {
  return kind === 'write' || kind === 'event' || kind === 'acme';
}

/** How a call is known in every run of a scenario, whatever names and uids it has: `archive`, `certificates.status`, `newOrder`. */
function labelOf({ kind, verb, resource, name = '', subresource }: Call): string {
  if (kind === 'acme') return resource;
  const [, suffix = ''] = /^evercert-[0-9a-f-]{36}(.*)$/.exec(name) ?? [];
  const object = name.startsWith('evercert-archive-') ? 'archive' : `${resource}${suffix}`;
  const parts = [verb === 'apply' || verb === 'create' ? '' : verb, object, subresource ?? ''];
  return parts.filter((part) => part !== '').join('.');
}

/** Counts calls by their labels: the second `order` is `order#2`. */
export class Points {
  readonly #seen = new Map<string, number>();

  /** The name of a call's place in its run; undefined where no crash is placed at it. */
  next(call: Call): string | undefined {
    if (!isPoint(call)) return undefined;
    const label = labelOf(call);
    const nth = (this.#seen.get(label) ?? 0) + 1;
    this.#seen.set(label, nth);
    return nth === 1 ? label : `${label}#${nth}`;
  }
}

/** The places of calls where a crash can be, in the order of their run. */
export function pointsOf(fates: readonly Fate[]): readonly string[] {
  const points = new Points();
  return fates.flatMap(({ call }) => points.next(call) ?? []);
}
