import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { referenceOf } from './explore.ts';
import { plainSeed } from './families.ts';
import { violationsOf } from './judge.ts';
import { mutants } from './mutants.ts';
import { scenarios } from './scenarios.ts';
import type { Disturbance } from './schedule.ts';
import { run } from './trial.ts';

const found: Readonly<Record<string, RegExp>> = {
  'records the order only after its challenges were answered': /finalize for an order|answer for an order|orphaned/,
  'stores the key only after the order was finalized': /an order is placed before its key is stored/,
  'writes the status before the Secret': /tells of a certificate that no Secret has ever held/,
};

describe('the exploration finds an operator that', () => {
  for (const [name, wiring] of Object.entries(mutants)) {
    test(name, async () => {
      const { first: scenario } = scenarios;
      const expected = found[name] ?? /^$/;
      assert.ok(scenario);
      const reference = await referenceOf('first', plainSeed);
      const violations: string[] = [];
      const crashes = reference.calls.map((_, call): Disturbance => ({ kind: 'crash', call, phase: 'heard' }));
      for (const disturbances of [[], ...crashes.map((one) => [one])]) {
        const schedule = { seed: plainSeed, disturbances };
        const outcome = await run(scenario, schedule, { wiring });
        violations.push(...violationsOf(outcome, { reference, scenario, schedule }));
        if (violations.some((one) => expected.test(one))) break;
      }
      assert.match([...new Set(violations)].join('\n'), expected);
    });
  }
});
