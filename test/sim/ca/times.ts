/** RFC 3339 of whole seconds, as CAs write dates. */
export function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
