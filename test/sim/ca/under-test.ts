import type { CaUnderTest } from '../../conformance/acme/ca-under-test.ts';
import { type VirtualClock, virtualClock } from '../../kit/clock.ts';
import { seededRandom } from '../../kit/random.ts';
import { type CaOptions, SimulatedCa } from './index.ts';

/** A simulated CA as the conformance suite asks one, with its inside and its clock. */
export interface SimulatedCaUnderTest extends CaUnderTest {
  readonly ca: SimulatedCa;
  readonly clock: VirtualClock;
}

/** A simulated CA in a world of its own, in which every name leads to what `serve` says. */
export function simulatedCa(options: CaOptions, seed = 1): SimulatedCaUnderTest {
  const clock = virtualClock();
  const served = new Map<string, Parameters<CaUnderTest['serve']>[1]>();
  const ca = new SimulatedCa({
    clock,
    random: seededRandom(seed),
    options,
    serves: (_, token) => {
      const answer = served.get(token);
      if (answer === 'hangUp') throw new Error('EOF');
      return answer?.body;
    },
  });
  return {
    ca,
    clock,
    clientOf: (keyPem, accountUrl) => {
      const account = accountUrl === undefined ? {} : { accountUrl };
      return ca.clientOf({ directoryUrl: 'https://ca.test/directory', keyPem, ...account });
    },
    serve: (token, answer) => served.set(token, answer),
    async until(ask, isWanted) {
      for (let tries = 0; tries < 20; tries += 1) {
        const answer = await ask();
        if (isWanted(answer)) return answer;
        await clock.advance(100);
      }
      throw new Error('it never comes to be');
    },
    now: () => clock.now(),
    moveWindow: async ({ certID }, window) => ca.setRenewalWindow(certID, window),
    [Symbol.asyncDispose]: async () => {},
  };
}
