import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explore, type Failure, referenceOf, tryOut } from './explore.ts';
import { plainSeed } from './families.ts';
import { regressions } from './regressions.ts';
import { scenarios } from './scenarios/index.ts';
import { describeDisturbance } from './schedule.ts';
import { run } from './trial.ts';

/** Explored at every crash; of the others, which share most of their steps, one crash in ten. `npm run sim` leaves out none. */
const whole: ReadonlySet<string> = new Set([
  'first',
  'renewal',
  'spec-change-ordered',
  'secret-deleted',
  'rollback',
  'revoke',
]);

describe('a crash at a write or request to the CA costs at most one orphan order, and nothing else', () => {
  for (const [scenario, { what }] of Object.entries(scenarios)) {
    const isWhole = whole.has(scenario);
    test(`${what}: ${isWhole ? 'each crash' : 'one crash in ten'}`, async (t) => {
      const failures: Failure[] = [];
      let runs = 0;
      const part = { part: isWhole ? 0 : 1, of: isWhole ? 1 : 10 };
      await explore({ scenario, family: 'crash', ...part, seeds: { first: 0, count: 0 } }, (failure) => {
        runs += 1;
        if (failure !== undefined) failures.push(failure);
      });
      assert.deepEqual(failures.map(told), []);
      t.diagnostic(`${runs} crashes`);
    });
  }
});

describe('undisturbed,', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`${scenario.what}: breaks nothing, and goes the same way twice`, async () => {
      const schedule = { seed: plainSeed, disturbances: [] };
      const failure = await tryOut(name, schedule);
      assert.deepEqual(failure === undefined ? [] : told(failure), []);
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
      assert.deepEqual(failure === undefined ? [] : told(failure), []);
    });
  }
});

function told({ schedule, violations, calls }: Failure): readonly string[] {
  return [schedule.disturbances.map((one) => describeDisturbance(one, calls)).join(', then '), ...violations];
}
