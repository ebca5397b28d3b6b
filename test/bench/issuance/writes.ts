import type { AuditedWrite, AuditLog } from '../../kit/audit-log.ts';
import type { Measured } from './figures.ts';

const quietMs = 1_000;
const lookMs = 200;

/**
 * Waits until a writer has written nothing for a second, and counts what it wrote since a mark: leases left out, Events
 * apart.
 */
export async function settledWrites(
  audit: AuditLog,
  since: number,
  isOurs: (write: AuditedWrite) => boolean,
): Promise<Pick<Measured, 'writes' | 'refusedWrites' | 'events'>> {
  const read = async (): Promise<AuditedWrite[]> =>
    (await audit.writesSince(since)).filter((write) => write.resource !== 'leases' && isOurs(write));
  let seen = await read();
  for (let changedAt = performance.now(); performance.now() < changedAt + quietMs; ) {
    await new Promise((again) => setTimeout(again, lookMs));
    const now = await read();
    if (now.length !== seen.length) changedAt = performance.now();
    seen = now;
  }
  const [events, objects] = [true, false].map((wanted) =>
    seen.filter(({ resource }) => (resource === 'events') === wanted),
  );
  return {
    writes: objects?.length ?? 0,
    refusedWrites: objects?.filter(({ code }) => code >= 400).length ?? 0,
    events: events?.length ?? 0,
  };
}
