import { within } from '../../kit/until.ts';
import type { Samples, Subject, Trial } from '../benchmark.ts';
import { operatorAcmeRequests } from '../issuance/metrics.ts';
import { settledWrites } from '../issuance/writes.ts';
import { samplesOf } from './figures.ts';
import type { Fleet } from './fleet.ts';
import { Handshakes } from './handshakes.ts';

const servedLimitMs = 60_000;

/** Evercert as its chart installed it. */
export function evercert(fleet: Fleet): Subject {
  return {
    name: 'evercert',
    async prepare(): Promise<Trial> {
      await fleet.issue();
      return {
        round: () => replaced(fleet),
        async [Symbol.asyncDispose]() {},
      };
    },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  };
}

async function replaced(fleet: Fleet): Promise<Samples> {
  const { world, hosts } = fleet;
  const servers = { address: world.ingressAddress, names: hosts, root: fleet.root };
  const untilServed = (what: string, by: Handshakes): Promise<void> =>
    within(servedLimitMs, what, () => hosts.every((host) => isServed(fleet, by, host)));
  const first = new Handshakes(servers);
  try {
    await untilServed('every name is served', first);
  } finally {
    await first.stop();
  }
  const handshakes = new Handshakes(servers);
  try {
    await fleet.limitOrders();
    await fleet.age();
    await fleet.wantRenewal();
    const mark = await world.audit.mark();
    const begun = performance.now();
    await fleet.changeLeader();
    const replacedMs = await fleet.untilReplaced(begun);
    await untilServed('the new ones are served', handshakes);
    const servedMs = performance.now() - begun;
    await handshakes.stop();
    const { writes } = await settledWrites(world.audit, mark, ({ user }) =>
      user.startsWith('system:serviceaccount:evercert:'),
    );
    const orders = await operatorAcmeRequests(world.client, 'newOrder');
    for (const problem of handshakes.problems.slice(0, 10)) console.error(`  a handshake failed: ${problem}`);
    const failedHandshakes = handshakes.problems.length;
    return samplesOf({ replacedMs, servedMs, orders, handshakes: handshakes.made, failedHandshakes, writes });
  } finally {
    await handshakes.stop();
  }
}

/** With the certificate that its Certificate's status tells of. */
function isServed(fleet: Fleet, handshakes: Handshakes, host: string): boolean {
  const served = handshakes.served(host);
  return served !== undefined && served === fleet.fingerprint(host);
}
