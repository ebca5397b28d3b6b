import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { type AccountAccess, acmeClients } from '../../../src/acme/index.ts';
import type { CaSetup, CaUnderTest } from '../../conformance/acme/ca-under-test.ts';
import { acmeConformance } from '../../conformance/acme/conformance.ts';
import { Pebble } from './pebble.ts';

const userAgent = 'evercert/0.1.0 (conformance)';
const pollMs = 50;
const longestMs = 20_000;

function pebbleFor({
  blocked,
  profiles,
  externalAccounts,
  alternates,
  reusesAuthorizations,
}: CaSetup): Promise<Pebble> {
  return Pebble.start({
    alternateChains: alternates,
    reusedAuthorizations: reusesAuthorizations ? 100 : 0,
    config: {
      domainBlocklist: blocked,
      profiles: Object.fromEntries(
        Object.entries(profiles).map(([name, { description, lifetimeMs }]) => {
          return [name, { description, validityPeriod: lifetimeMs / 1_000 }];
        }),
      ),
      externalAccountBindingRequired: externalAccounts !== undefined,
      externalAccountMACKeys: externalAccounts ?? {},
    },
  });
}

acmeConformance('Pebble', async (setup): Promise<CaUnderTest> => {
  const pebble = await pebbleFor(setup);
  const dispatcher = new Agent({ connect: { ca: pebble.caBundle } });
  const access = (keyPem: string, accountUrl?: string): AccountAccess => {
    const account = accountUrl === undefined ? {} : { accountUrl };
    return { directoryUrl: pebble.directoryUrl, caBundle: pebble.caBundle, keyPem, ...account };
  };
  return {
    clientOf: (keyPem, accountUrl) => acmeClients({ userAgent })(access(keyPem, accountUrl)),
    serve(token, answer) {
      pebble.answers.delete(token);
      if (answer === 'hangUp') pebble.hangUps.add(token);
      else if (answer !== undefined) pebble.answers.set(token, answer.body);
    },
    async until(ask, isWanted) {
      const deadline = performance.now() + longestMs;
      for (;;) {
        const answer = await ask();
        if (isWanted(answer)) return answer;
        if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
        await delay(pollMs);
      }
    },
    now: () => new Date(),
    async moveWindow({ chain }, { start, end, explanationURL }) {
      const told = { suggestedWindow: { start, end }, explanationURL };
      const { statusCode, body } = await request(`${pebble.managementUrl}/set-renewal-info/`, {
        method: 'POST',
        headers: { 'user-agent': userAgent },
        body: JSON.stringify({ Certificate: chain, ARIResponse: JSON.stringify(told) }),
        dispatcher,
      });
      assert.equal(statusCode, 200, await body.text());
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.close();
      await pebble[Symbol.asyncDispose]();
    },
  };
});
