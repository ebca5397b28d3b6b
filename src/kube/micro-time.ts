/** A MicroTime (meta/v1): RFC 3339 with exactly six digits of a second; the API server refuses three. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
