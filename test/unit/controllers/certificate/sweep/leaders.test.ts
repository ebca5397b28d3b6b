import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distinct } from './scenarios.ts';
import { faultsOf, run, sleepAt, sleeps, undisturbed } from './trial.ts';

describe('a leader that slept while another one led costs at most the order that it was placing', () => {
  for (const scenario of distinct) {
    test(scenario.name, async (t) => {
      const reference = await run(scenario, undisturbed);
      const wrong: string[] = [];
      for (const [at, call] of reference.calls.entries()) {
        for (const sleep of sleeps) {
          const outcome = await run(scenario, sleepAt(at, sleep));
          for (const one of faultsOf(outcome, reference, 1)) wrong.push(`${at} ${call} ${sleep}: ${one}`);
        }
      }
      assert.deepEqual(wrong, []);
      t.diagnostic(`${reference.calls.length * sleeps.length} sleeps`);
    });
  }
});
