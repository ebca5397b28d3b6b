import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distinct } from './scenarios.ts';
import { failAt, faults, faultsOf, run, undisturbed } from './trial.ts';

describe('a write or an ACME request that fails once costs no certificate, and an order only where the CA made one unheard', () => {
  for (const scenario of distinct) {
    test(scenario.name, async (t) => {
      const reference = await run(scenario, undisturbed);
      const wrong: string[] = [];
      for (const [at, call] of reference.calls.entries()) {
        for (const fault of faults) {
          let placed = 0;
          const outcome = await run(
            scenario,
            failAt(at, fault, (orphans) => (placed = orphans)),
          );
          const allowed = call === 'newOrder' && fault === 'times out' ? placed : 0;
          for (const one of faultsOf(outcome, reference, allowed)) wrong.push(`${at} ${call} ${fault}: ${one}`);
        }
      }
      assert.deepEqual(wrong, []);
      t.diagnostic(`${reference.calls.length * faults.length} faults`);
    });
  }
});
