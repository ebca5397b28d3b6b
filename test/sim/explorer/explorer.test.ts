import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crashPart, inWords, whole } from './crash-part.ts';
import { referenceOf, tryOut } from './explore.ts';
import { plainSeed } from './families.ts';
import { regressions } from './regressions.ts';
import { scenarios } from './scenarios/index.ts';
import { run } from './trial.ts';

describe('each crash at a write or request to the CA costs at most one orphan order, and nothing else:', () => {
  for (const scenario of whole) {
    test(scenarios[scenario]?.what ?? scenario, async (t) => {
      const { runs, broken } = await crashPart(scenario, { part: 0, of: 1 });
      assert.deepEqual(broken, []);
      t.diagnostic(`${runs} crashes`);
    });
  }
});

describe('undisturbed,', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`${scenario.what}: breaks nothing, and goes the same way twice`, async () => {
      const schedule = { seed: plainSeed, disturbances: [] };
      const failure = await tryOut(name, schedule);
      assert.deepEqual(failure === undefined ? [] : inWords(failure), []);
      const { calls, events } = await referenceOf(name, plainSeed);
      const again = await run(scenario, schedule);
      assert.deepEqual({ calls: again.calls, events: again.events }, { calls, events });
    });
  }
});

test('pods that have just started with a temporary certificate come to serve the first one', async () => {
  const { end } = await referenceOf('temporary', plainSeed);
  assert.equal(end.get('served'), 'current current');
});

describe('what once broke something holds:', () => {
  for (const { why, scenario, schedule } of regressions) {
    test(why, async () => {
      const failure = await tryOut(scenario, schedule);
      assert.deepEqual(failure === undefined ? [] : inWords(failure), []);
    });
  }
});
