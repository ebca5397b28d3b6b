import { secretEvent } from './events.ts';
import type { Hands } from './hands.ts';
import type { Observation } from './observe.ts';
import type { Observed } from './observed.ts';
import { opened } from './order/accounts.ts';
import { storeVersion } from './order/store-certificate.ts';
import type { Plan } from './plan.ts';
import { fetchVersion } from './secret/fetch-version.ts';
import type { Repair } from './secret/repair.ts';
import { revoke, storeArchive } from './secret/store-archive.ts';
import { takeStrays } from './secret/take-over.ts';
import { temporaryVersion } from './verbs/temporary.ts';

const temporaryWhy = 'a temporary certificate was asked for until the first one is issued';

/** What is done about certificates that are there. */
type WithoutOrder = Extract<Plan, { readonly step: (typeof withoutOrder)[number] }>;

const withoutOrder = [
  'takeStrays',
  'storeVersion',
  'fetchVersion',
  'storeArchive',
  'putBack',
  'revoke',
  'storeTemporary',
] as const;

/** Whether a step takes no order at the CA. */
export function isWithoutOrder(next: Plan): next is WithoutOrder {
  return withoutOrder.some((step) => step === next.step);
}

/** Carries it out: at most one object is written. */
export async function carryOutWithoutOrder(
  hands: Hands,
  next: WithoutOrder,
  { seen, account }: Observation,
  signal: AbortSignal,
): Promise<void> {
  switch (next.step) {
    case 'takeStrays':
      await takeStrays(hands, seen, signal);
      return;
    case 'storeVersion':
      await storeVersion(hands, seen, next.version, signal);
      secretWritten(hands, seen, next);
      return;
    case 'fetchVersion': {
      const isBack = await fetchVersion(hands, { seen, account: opened(account), version: next.version }, signal);
      if (isBack) secretWritten(hands, seen, next);
      return;
    }
    case 'storeArchive':
      await storeArchive(hands, seen, next.content, signal);
      return;
    case 'putBack':
      await storeVersion(hands, seen, next.version, signal);
      return;
    case 'revoke':
      await revoke(hands, seen, next.doomed, signal);
      return;
    case 'storeTemporary':
      await storeVersion(hands, seen, await temporaryVersion(seen, hands.clock.now()), signal);
      hands.events.publish(secretEvent(seen.certificate, { reason: 'TemporaryCertificate', why: temporaryWhy }));
      return;
  }
}

function secretWritten(hands: Hands, { certificate }: Observed, told: Pick<Repair, 'reason' | 'why'>): void {
  hands.repairs.noted(certificate);
  hands.events.publish(secretEvent(certificate, told));
}
