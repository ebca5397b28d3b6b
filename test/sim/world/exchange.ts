import type { Clock } from '../../../src/runtime/index.ts';
import type { Process } from './process.ts';

/** How a call ended where it was carried out: with a value or with a refusal. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error };

/** A call of a process that may change something elsewhere, on its way there and back. */
export interface Exchange<T = unknown> {
  /** `apply secrets web/shop-tls`, `newOrder`. */
  readonly name: string;
  readonly process: Process;
  /** Brings it there; resolves once it is carried out, whatever has become of the process. */
  there(): Promise<Outcome<T>>;
  /** Brings the outcome back to the process, which may not live to hear it. */
  back(outcome: Outcome<T>): Promise<T>;
}

/** What happens to a call. {@link undisturbed} unless a schedule says otherwise. */
export type Carry = <T>(exchange: Exchange<T>) => Promise<T>;

/** There, and back again. */
export const undisturbed: Carry = async (one) => one.back(await one.there());

/** What a caller gets that does not live to see the answer. */
export function unanswered(): Promise<never> {
  return new Promise(() => {});
}

interface Parts<T> {
  readonly name: string;
  readonly process: Process;
  readonly clock: Clock;
  readonly latencyMs: () => number;
  readonly carryOut: () => T | Promise<T>;
}

/** An exchange that takes a latency each way. */
export function exchange<T>({ name, process, clock, latencyMs, carryOut }: Parts<T>): Exchange<T> {
  return {
    name,
    process,
    there: () =>
      new Promise((resolve) => {
        clock.after(latencyMs(), () => void outcomeOf(carryOut).then(resolve));
      }),
    back: (outcome) =>
      new Promise((resolve, reject) => {
        clock.after(latencyMs(), () =>
          process.in(() => {
            if ('value' in outcome) resolve(outcome.value);
            else reject(outcome.error);
          }),
        );
      }),
  };
}

async function outcomeOf<T>(carryOut: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await carryOut() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
