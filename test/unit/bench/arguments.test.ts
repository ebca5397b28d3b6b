import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments, usageOf } from '../../bench/arguments.ts';
import type { Benchmark } from '../../bench/benchmark.ts';

const benchmark: Benchmark = {
  name: 'issuance',
  what: 'Certificates.',
  ground: 'node',
  cases: [
    { name: 'first', what: 'New ones.', rounds: 5 },
    { name: 'renewal', what: 'Old ones.', rounds: 3 },
    { name: 'restart', what: 'From nothing.', rounds: 1, cold: true },
  ],
  subjects: () => Promise.reject(new Error('not to be started')),
  figures: () => [],
};
const read = (...argv: string[]) => readArguments(argv, [benchmark]);

describe('the arguments of a benchmark', () => {
  test('a name alone runs every case as often as it says', () => {
    const { action, cases, json } = read('issuance');
    assert.deepEqual({ action, cases, json }, { action: 'run', cases: benchmark.cases, json: false });
  });

  test('cases and rounds can be chosen', () => {
    const { cases, json } = read('issuance', '--cases', 'renewal', '--rounds', '9', '--json');
    assert.deepEqual(cases, [{ name: 'renewal', what: 'Old ones.', rounds: 9 }]);
    assert.equal(json, true);
  });

  test('help needs no name', () => {
    assert.equal(read('--help').action, 'help');
    const usage = usageOf([benchmark]);
    assert.match(usage, /issuance {15}Certificates\./);
    assert.match(usage, /renewal {14}3 rounds\. Old ones\./);
    assert.match(usage, /restart {14}1 round\. From nothing\./);
  });

  const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no benchmark', [], /name one benchmark: issuance/],
    ['an unknown benchmark', ['reload'], /name one benchmark: issuance/],
    ['two benchmarks', ['issuance', 'issuance'], /name one benchmark/],
    ['an unknown case', ['issuance', '--cases', 'first,last'], /--cases last: issuance has first, renewal, restart/],
    ['no rounds', ['issuance', '--rounds', '0'], /--rounds 0: say a number/],
    ['an unknown flag', ['issuance', '--fast'], /Unknown option '--fast'/],
  ];
  for (const [name, argv, message] of mistakes) {
    test(`${name} is refused with a sentence`, () => assert.throws(() => read(...argv), { message }));
  }
});
