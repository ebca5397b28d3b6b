import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Behaviour } from './behaviour.ts';
import { harmless, issuers, renewals } from './behaviours/index.ts';
import type { Deviation } from './ca.ts';
import {
  Connections,
  conditionOf,
  liesAhead,
  memoryInUse,
  memoryOf,
  readsAsHelp,
  staysSmall,
  toldPlainly,
} from './judge.ts';
import { HostileWorld } from './world.ts';

/** Attempts come after 1, 10 and 100 minutes; after a rate limit that ends at once, one more. */
const minutes = 180;
const attempts = 5;
/** Each attempt may poll for ten minutes, every ten seconds once it has begun slowly. */
const mostRequests = attempts * 100;
const defaultTimeoutMs = 10_000;
/** How much longer a call may take than its deadline, on a busy machine. */
const lateMs = 5_000;

/** What has to be so whatever a CA does: nobody else is held up, and nothing goes where it does not belong. */
function keepsToItself(world: HostileWorld, connections: Connections, timeoutMs: number): void {
  toldPlainly(world);
  assert.ok(world.longestCallMs < timeoutMs + lateMs, `a call took ${world.longestCallMs} ms`);
  assert.deepEqual(
    [...connections.hosts].filter((host) => host !== world.ca.host && host !== world.good.host),
    [],
  );
  assert.equal(conditionOf(world.certificate('good'), 'Ready').reason, 'Issued', 'another CA is not held up');
}

/** A certificate is in use when its CA turns hostile; its renewal is asked for, and one of another CA. */
async function turned(does: Deviation, timeoutMs = defaultTimeoutMs): Promise<HostileWorld> {
  const world = await HostileWorld.make({ timeoutMs });
  await world.issuers();
  await world.ask('ca');
  world.sim.start();
  await world.advance(2);
  assert.ok(world.secret('ca'), 'the first certificate is issued');
  world.ca.become(does);
  await world.renew('ca');
  await world.ask('good');
  return world;
}

async function renew({ does, reason, says, timeoutMs = defaultTimeoutMs }: Behaviour): Promise<void> {
  using connections = new Connections();
  await using world = await turned(does, timeoutMs);
  const inUse = world.secret('ca');
  const asked = world.ca.requests.length;
  staysSmall(await memoryOf(() => world.advance(minutes)));

  assert.deepEqual(world.secret('ca'), inUse, 'nothing is stored');
  const certificate = world.certificate('ca');
  assert.equal(conditionOf(certificate, 'Ready').reason, 'Issued', 'the certificate in use stays in use');
  readsAsHelp(conditionOf(certificate, 'Issuing'), { reason, says });
  liesAhead(certificate.status?.failure?.nextAttemptTime, world.sim.clock.now());
  const requests = world.ca.requests.slice(asked);
  const orders = requests.filter(({ resource }) => resource === 'newOrder');
  assert.ok(new Set(orders.map(({ at }) => at.getTime())).size <= attempts, 'orders do not pile up');
  assert.ok(requests.length <= mostRequests, `${requests.length} requests`);
  keepsToItself(world, connections, timeoutMs);

  world.ca.become();
  await world.renew('ca');
  await world.advance(2);
  // One more where another key had to be made.
  assert.ok((world.certificate('ca').status?.revision ?? 0) >= 2, 'it goes on once the CA is honest');
}

async function register({ does, reason, says, timeoutMs = defaultTimeoutMs }: Behaviour): Promise<void> {
  using connections = new Connections();
  await using world = await HostileWorld.make({ timeoutMs });
  world.ca.become(does);
  await world.issuers();
  await world.ask('ca');
  await world.ask('good');
  world.sim.start();
  staysSmall(await memoryOf(() => world.advance(60)));

  readsAsHelp(conditionOf(world.issuer('ca'), 'Ready'), { reason, says });
  readsAsHelp(conditionOf(world.certificate('ca'), 'Ready'), { reason: 'IssuerNotReady', says: 'is not ready: ' });
  assert.equal(world.secret('ca'), undefined);
  assert.ok(world.ca.requests.length <= mostRequests, `${world.ca.requests.length} requests`);
  keepsToItself(world, connections, timeoutMs);
}

describe('a hostile CA', () => {
  let atFirst = 0;
  before(async () => {
    await renew(renewals[0] as Behaviour); // whatever is made once is made
    atFirst = memoryInUse(true);
  });
  after(() => staysSmall(memoryInUse(true) - atFirst));

  describe('that, in the midst of a renewal,', () => {
    for (const behaviour of renewals) test(behaviour.name, () => renew(behaviour));
  });

  describe('that, when an issuer is made,', () => {
    for (const behaviour of issuers) test(behaviour.name, () => register(behaviour));
  });

  describe('is gone on with where it only', () => {
    for (const [name, does] of harmless) {
      test(name, async () => {
        using connections = new Connections();
        await using world = await turned(does);
        await world.advance(20);
        assert.equal(world.certificate('ca').status?.revision, 2);
        assert.ok(world.ca.requests.length <= 60, `${world.ca.requests.length} requests`);
        keepsToItself(world, connections, defaultTimeoutMs);
      });
    }
  });
});
