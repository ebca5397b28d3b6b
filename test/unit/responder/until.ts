import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns the event loop until `seen` holds: for what comes from the kernel and no virtual clock drives. */
export async function until(seen: () => boolean): Promise<void> {
  for (let turn = 0; !seen(); turn += 1) {
    if (turn > 1_000_000) throw new Error('it never came to be');
    await nextTurn();
  }
}
