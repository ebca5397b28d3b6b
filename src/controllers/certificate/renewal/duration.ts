const unitMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 } as const;
const part = /(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g;

/** Milliseconds of a Go duration such as `720h` or `1h30m`; undefined where the text is none (metav1.Duration). */
export function parseDuration(text: string): number | undefined {
  if (text.replaceAll(part, '') !== '' || text === '') return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * unitMs[unit as keyof typeof unitMs];
  return total;
}
