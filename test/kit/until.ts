import { setTimeout as pause } from 'node:timers/promises';

/** Lets the event loop turn until `condition` holds: for real I/O, whose end no clock of ours tells. Fails after 10 s. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited 10 s in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Asks every 20 ms until something holds: for what others do, and takes its time. @throws Error after `limitMs`. */
export async function within(limitMs: number, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
    await pause(20);
  }
}
