import { type CaOptions, strict } from '../../ca/index.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, dayMs, issued, one } from './shop.ts';

const minuteMs = 60_000;

/** A CA that wants to be asked every minute when to renew. */
const talkative: CaOptions = { ...strict, renewalInfoRetryAfterMs: minuteMs };

/** The certificate of the shop, and so much time gone by since. */
async function aged(world: World, ms: number): Promise<void> {
  await issued(world);
  world.clock.setWall(new Date(world.clock.now().getTime() + ms));
}

/**
 * Moves the window of every certificate: from so many milliseconds from now on, a second long. Which point of a longer one a
 * certificate has follows from its fingerprint, which is another in each run.
 */
function moveWindows(world: World, fromMs: number): void {
  const now = world.clock.now().getTime();
  const window = { start: new Date(now + fromMs), end: new Date(now + fromMs + 1_000) };
  for (const { certID } of world.ca.certificates) {
    world.ca.setRenewalWindow(certID, { ...window, explanationURL: 'https://ca.test/incident' });
  }
}

/** When certificates are renewed: what the CA suggests, and what the spec says of it. */
export const renewal: Readonly<Record<string, Scenario>> = {
  'window-moved': {
    what: 'a renewal at an earlier time, to which the CA moved it',
    ca: talkative,
    before: (world) => aged(world, 10 * dayMs),
    // Between two questions, so that it is not by chance which of the two comes first.
    act: async (world) => moveWindows(world, 1.5 * minuteMs),
    certificates: 1,
  },
  'window-passed': {
    what: 'a renewal at once, for which the CA asks by a window in the past',
    ca: talkative,
    before: (world) => aged(world, 10 * dayMs),
    act: async (world) => moveWindows(world, -60 * minuteMs),
    certificates: 1,
  },
  'window-nonsense': {
    what: 'a renewal in its time at a CA whose window ends before it begins',
    ca: talkative,
    before: async (world) => {
      await aged(world, 65 * dayMs);
      for (const { certID } of world.ca.certificates) {
        world.ca.setRenewalWindow(certID, { start: world.clock.now(), end: new Date(0) });
      }
    },
    act: async () => {},
    certificates: 1,
  },
  'window-unknown': {
    what: 'a renewal in its time at a CA that suggests none',
    ca: { ...strict, renewalInfo: false },
    before: (world) => aged(world, 65 * dayMs),
    act: async () => {},
    certificates: 1,
  },
  'window-refused': {
    what: 'a first certificate of a CA that answers every question for its renewal with an error',
    ca: { ...talkative, renewalInfoProblem: { type: 'serverInternal', detail: 'sorry', status: 500 } },
    act: (world) => ask(world, one),
    certificates: 1,
  },
  'renewal-disabled': {
    what: 'a certificate that expires, because its renewal is disabled',
    before: async (world) => {
      await ask(world, one, { renewal: { policy: 'Disabled' } });
      await world.settle();
      world.clock.setWall(new Date(world.clock.now().getTime() + 91 * dayMs));
    },
    act: async () => {},
    certificates: 0,
  },
  maintenance: {
    what: 'a renewal that waits for a maintenance window',
    before: async (world) => {
      const windows = [{ cron: '0 3 * * *', windowDuration: '2m' }];
      await ask(world, one, { renewal: { windows } });
      await world.settle();
      const day = Math.floor(world.clock.now().getTime() / dayMs) * dayMs;
      world.clock.setWall(new Date(day + 65 * dayMs + 179 * minuteMs));
    },
    act: async () => {},
    certificates: 1,
  },
};
