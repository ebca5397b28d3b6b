import { type Misbehaviour, strict } from '../../ca/index.ts';
import type { World } from '../../world/world.ts';
import type { Ending, Scenario } from './scenario.ts';
import { ask, dayMs, issued, one, renew, three } from './shop.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A certificate is stored beside or in place of the one before, and nothing is left to say. */
const renewed: Ending = { ready: 'Issued', issuing: 'Issued', revision: 2 };
const first: Ending = { ready: 'Issued', issuing: 'Issued', revision: 1 };

/** Attempts are made after 1, 10 and 100 minutes, and the next one a day later. Faults may cost some of them. */
const backOffs = { restMs: 180 * minuteMs };

/** The CA misbehaves from now on, for so long. */
function misbehave(world: World, how: Misbehaviour, forMs = Number.POSITIVE_INFINITY): void {
  world.ca.misbehave(how);
  if (Number.isFinite(forMs)) world.clock.after(forMs, () => world.ca.misbehave());
}

/** Time goes by up to the noon of a later day: no midnight comes between attempts whose outcome names a day. */
async function noon(world: World, days = 0): Promise<void> {
  world.clock.setWall(new Date(world.clock.now().getTime() + (days + 0.5) * dayMs));
}

async function issuedAtNoon(world: World, days?: number): Promise<void> {
  await issued(world);
  await noon(world, days);
}

/** A renewal at a CA that misbehaves for so long. */
function renewal(how: Misbehaviour, forMs?: number): Pick<Scenario, 'before' | 'act'> {
  return {
    before: issuedAtNoon,
    act: async (world) => {
      misbehave(world, how, forMs);
      await renew(world);
    },
  };
}

/** More are made in a hurry alone: four attempts take some 40, and each may be made by two. */
const mostRequests = 100;
/** A CA that has something to do is asked every ten seconds, by each process anew for ten minutes. */
const mostPolls = 300;

const all: Readonly<Record<string, Scenario>> = {
  'hostile-key': {
    what: 'a renewal at a CA that certifies another key for half a minute',
    ...renewal('otherKey', minuteMs / 2),
    ...backOffs,
    says: 'CertificateRefused',
    ends: renewed,
    certificates: 2,
  },
  'hostile-names': {
    what: 'a first certificate for three names of a CA that certifies another one for half a minute',
    before: noon,
    act: async (world) => {
      misbehave(world, 'otherNames', minuteMs / 2);
      await ask(world, three);
    },
    ...backOffs,
    says: 'CertificateRefused',
    ends: first,
    certificates: 2,
  },
  'hostile-expired': {
    what: 'a renewal at a CA whose certificates have expired before they are given, until the user asks anew after hours',
    before: issuedAtNoon,
    act: async (world) => {
      misbehave(world, 'expired', 2 * hourMs);
      await renew(world);
      world.clock.after(3 * hourMs, () => void renew(world));
    },
    restMs: 4 * hourMs,
    says: 'CertificateRefused',
    ends: renewed,
    certificates: 5,
  },
  'hostile-future': {
    what: 'a renewal that is due at a CA whose certificates are valid only next month, for half a minute',
    before: (world) => issuedAtNoon(world, 65),
    act: async (world) => misbehave(world, 'notYetValid', minuteMs / 2),
    ...backOffs,
    says: 'CertificateRefused',
    ends: renewed,
    certificates: 2,
  },
  'hostile-private-key': {
    what: 'a renewal at a CA that puts a private key into its chains for half a minute',
    ...renewal('privateKey', minuteMs / 2),
    ...backOffs,
    says: 'CertificateRefused',
    ends: renewed,
    certificates: 1,
  },
  'hostile-html': {
    what: 'a renewal at a CA that gives a page in place of the certificate for half a minute',
    ...renewal('html', minuteMs / 2),
    ...backOffs,
    says: 'CAUnavailable',
    ends: renewed,
    certificates: 1,
  },
  'hostile-order': {
    what: 'a first certificate of a CA that makes orders for another name, until the user asks anew after hours',
    ca: { ...strict, reuse: { ...strict.reuse, orders: true } }, // each attempt is one that nobody records
    act: async (world) => {
      misbehave(world, 'otherOrder', 2 * hourMs);
      await ask(world, one);
      world.clock.after(3 * hourMs, () => void renew(world));
    },
    restMs: 4 * hourMs,
    says: 'OrderFailed',
    ends: first,
    certificates: 1,
  },
  'hostile-authorizations': {
    what: 'a renewal at a CA that changes the authorizations of its orders for half a minute',
    ...renewal('otherAuthorizations', minuteMs / 2),
    ...backOffs,
    says: 'OrderFailed',
    ends: renewed,
    // Who comes to an order that is ready has nothing to compare it with, until it is being issued.
    certificates: 2,
  },
  'hostile-processing': {
    what: 'a renewal at a CA that leaves the order processing for 12 minutes, and wants to be asked again at once',
    ...renewal('processing', 12 * minuteMs),
    requests: mostPolls,
    ...backOffs,
    says: 'CAUnavailable',
    ends: renewed,
    certificates: 1,
  },
  'hostile-processing-late': {
    what: 'a fifth attempt in a row, the first one that has an order, which the CA leaves processing for 45 minutes',
    before: async (world) => {
      await issued(world);
      misbehave(world, 'limitedForNoTime');
      await renew(world);
      world.start();
      await world.advance(backOffs.restMs);
      world.killAll();
      world.clock.setWall(new Date(world.clock.now().getTime() + dayMs));
    },
    act: async (world) => {
      misbehave(world, 'processingForHours', 45 * minuteMs);
      world.clock.after(45 * minuteMs, () => void renew(world));
    },
    restMs: 90 * minuteMs,
    says: 'CAUnavailable',
    ends: renewed,
    certificates: 1,
  },
  'hostile-invalid': {
    what: 'a renewal at a CA that takes back its authorizations once an order is ready, for half a minute',
    ...renewal('invalid', minuteMs / 2),
    ...backOffs,
    says: 'OrderFailed',
    ends: renewed,
    certificates: 1,
  },
  'hostile-csr': {
    what: 'a renewal at a CA that refuses every signing request for half an hour, until the user asks anew',
    before: issuedAtNoon,
    act: async (world) => {
      misbehave(world, 'badCSR', 30 * minuteMs);
      await renew(world);
      world.clock.after(40 * minuteMs, () => void renew(world));
    },
    restMs: 90 * minuteMs,
    says: 'KeyRefused',
    ends: { ...renewed, revision: 3 }, // with another key
    certificates: 2, // a leader that sleeps may finalize the order that another one has given up
  },
  'hostile-nonces': {
    what: 'a renewal at a CA that refuses the nonces of the first request for an order and to finalize it',
    ...renewal('badNonce'),
    ...backOffs,
    says: 'CAUnavailable',
    ends: renewed,
    certificates: 1,
  },
  'hostile-limit-zero': {
    what: 'a renewal at a CA that takes no order for half a minute, and wants to be asked again at once',
    ...renewal('limitedForNoTime', minuteMs / 2),
    ...backOffs,
    says: 'RateLimited',
    ends: renewed,
    certificates: 1,
  },
  'hostile-limit-years': {
    what: 'a renewal at a CA that takes no order for ten years',
    ...renewal('limitedForYears'),
    ends: { ready: 'Issued', issuing: 'RateLimited', revision: 1 },
    certificates: 0,
  },
  'hostile-limit-nonsense': {
    what: 'a renewal at a CA that takes no order for half a minute, and says until when in no words that anybody reads',
    ...renewal('limitedForNonsense', minuteMs / 2),
    ...backOffs,
    says: 'RateLimited',
    ends: renewed,
    certificates: 1,
  },
};

/** A CA that is broken or an attacker; most come to their senses in the end. Whatever it does, it is not pressed. */
export const hostile: Readonly<Record<string, Scenario>> = Object.fromEntries(
  Object.entries(all).map(([name, scenario]) => [name, { requests: mostRequests, ...scenario }]),
);
