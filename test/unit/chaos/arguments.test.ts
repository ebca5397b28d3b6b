import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describePlan, readArguments } from '../../chaos/arguments.ts';
import { scenarios } from '../../chaos/sweep/scenarios.ts';

describe('the command line of npm run chaos', () => {
  test('means every crash of every scenario unless told', () => {
    const { action, scenarios: names, plans } = readArguments([]);
    assert.deepEqual([action, names, plans], ['sweep', Object.keys(scenarios), undefined]);
  });

  test('takes scenarios, and how many work side by side', () => {
    const { scenarios: names, lanes } = readArguments(['--scenarios', 'renewal,first', '--lanes', '2']);
    assert.deepEqual([names, lanes], [['renewal', 'first'], 2]);
  });

  test('takes plans as violations name them, and their scenarios alone', () => {
    const given = ['renewal/newOrder/unheard', 'renewal/order#2/heard'];
    const { scenarios: names, plans } = readArguments(given.flatMap((plan) => ['--plan', plan]));
    assert.deepEqual(names, ['renewal']);
    assert.deepEqual(plans?.map(describePlan), given);
  });

  for (const [wrong, said] of [
    [['--scenarios', 'none'], /no scenario none/],
    [['--plan', 'renewal/newOrder'], /SCENARIO\/CALL\/PHASE/],
    [['--plan', 'renewal/newOrder/sometimes'], /unsent, unheard, heard/],
    [['--lanes', '0'], /from 1 to 99/],
  ] satisfies [string[], RegExp][]) {
    test(`refuses ${wrong.join(' ')}`, () => assert.throws(() => readArguments(wrong), said));
  }
});
