import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { referenceOf } from './explore.ts';
import { families, plainSeed } from './families.ts';
import { violationsOf } from './judge.ts';
import { mutants } from './mutants.ts';
import { scenarios } from './scenarios/index.ts';
import { run } from './trial.ts';

describe('the exploration finds an operator that', () => {
  for (const { what, wiring, family: name, found } of mutants) {
    test(what, async () => {
      const { first: scenario } = scenarios;
      const family = families.find((one) => one.name === name);
      assert.ok(scenario !== undefined && family !== undefined);
      const reference = await referenceOf('first', plainSeed);
      const violations = new Set<string>();
      for (const disturbances of family.schedules(reference)) {
        const schedule = { seed: plainSeed, disturbances };
        const outcome = await run(scenario, schedule, { wiring });
        for (const one of violationsOf(outcome, { reference, scenario, schedule })) violations.add(one);
        if ([...violations].some((one) => found.test(one))) break;
      }
      assert.match([...violations].join('\n'), found);
    });
  }
});
