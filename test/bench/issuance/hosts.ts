import type { Issuance } from './cases.ts';

let batch = 0;
const run = Date.now().toString(36);

/** Names that were never used before; each resolves to the ingress controller. */
export function freshHosts(subject: string, { name, certificates }: Issuance): string[] {
  batch += 1;
  return Array.from({ length: certificates }, (_, index) => `${subject}-${name}-${run}-${batch}-${index}.example`);
}
