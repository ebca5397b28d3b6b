/** A time as Kubernetes writes it: RFC 3339, in UTC and whole seconds; what is below a second is cut off. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The time that a text tells; undefined where it is absent or tells none. */
export function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
