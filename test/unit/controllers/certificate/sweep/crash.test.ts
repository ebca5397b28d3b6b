import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Scenario, scenarios } from './scenarios.ts';
import { crashAt, faultsOf, phases, run, undisturbed } from './trial.ts';

describe('a crash of the certificate controller at any write or ACME request costs at most one orphan order', () => {
  for (const scenario of scenarios) {
    test(scenario.name, async (t) => {
      const reference = await run(scenario, undisturbed);
      assert.deepEqual(faultsOf(reference, reference, 0), []);
      t.diagnostic(`${reference.calls.length} calls: ${reference.calls.join(', ')}`);
      const faults: string[] = [];
      for (const [at, call] of reference.calls.entries()) {
        for (const phase of phases) {
          let allowed = 0;
          const outcome = await run(
            scenario,
            crashAt(at, phase, (orphans) => (allowed = orphans)),
          );
          for (const fault of faultsOf(outcome, reference, allowed)) faults.push(`${at} ${call}, ${phase}: ${fault}`);
        }
      }
      assert.deepEqual(faults, []);
      t.diagnostic(`${reference.calls.length * phases.length} crashes`);
    });
  }

  test('and nothing at a CA that hands out an open order again', async () => {
    const [first] = scenarios;
    assert.ok(first);
    const reusing: Scenario = {
      ...first,
      ca: { reuse: { orders: true, validAuthorizations: false, pendingAuthorizations: false } },
    };
    const reference = await run(reusing, undisturbed);
    const faults: string[] = [];
    for (const [at, call] of reference.calls.entries()) {
      for (const phase of phases) {
        const outcome = await run(
          reusing,
          crashAt(at, phase, () => {}),
        );
        for (const fault of faultsOf(outcome, reference, 0)) faults.push(`${at} ${call}, ${phase}: ${fault}`);
      }
    }
    assert.deepEqual(faults, []);
  });
});
