/**
 * The targets of Link headers with a relation, such as `alternate` (RFC 8288 section 3), as absolute URLs in the order
 * they stand.
 */
export function linkTargets(headers: readonly string[], relation: string, base: string): readonly string[] {
  return headers
    .flatMap((header) =>
      Array.from(header.matchAll(/<([^<>]{1,2048})>((?:\s*;\s*[^\s=;,"]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)/g)),
    )
    .filter(([, , parameters = '']) => relationsOf(parameters).includes(relation))
    .flatMap(([, target = '']) => URL.parse(target, base)?.href ?? []);
}

function relationsOf(parameters: string): readonly string[] {
  const value = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
  return (value?.[1] ?? value?.[2] ?? '').toLowerCase().split(/\s+/);
}
