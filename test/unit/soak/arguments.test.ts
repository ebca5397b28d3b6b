import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments } from '../../soak/arguments.ts';

const read = (...argv: string[]) => readArguments(argv, () => 42);

describe('the arguments of the soak', () => {
  test('are ten minutes and any seed when nothing is said', () => {
    assert.deepEqual(read(), { action: 'run', minutes: 10, seed: 42 });
  });

  test('say how long, fractions too, and which seed', () => {
    assert.deepEqual(read('--minutes', '0.5', '--seed', '7'), { action: 'run', minutes: 0.5, seed: 7 });
  });

  test('ask for help', () => {
    assert.deepEqual(read('--help'), { action: 'help' });
  });

  for (const [what, argv, message] of [
    ['no time', ['--minutes', '0'], /--minutes 0: say a number above 0/],
    ['a time that is no number', ['--minutes', 'ten'], /--minutes ten: say a number above 0/],
    ['a seed that is no whole number', ['--seed', '1.5'], /--seed 1\.5: say a whole number/],
    ['an unknown flag', ['--fast'], /Unknown option '--fast'/],
    ['a word', ['now'], /Unexpected argument 'now'/],
  ] as const) {
    test(`${what} is refused with a sentence`, () => assert.throws(() => read(...argv), { message }));
  }
});
