import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eachName, eachProblem } from '../../../../../src/controllers/certificate/order/each-name.ts';

const hundred = Array.from({ length: 100 }, (_, index) => `name-${index}.example`);

describe('what is wrong with each name, as a sentence has it', () => {
  test('names each with the words on it', () => {
    const problems = [
      { name: 'a.example', problem: 'no (caa)' },
      { name: 'b.example', problem: 'http://b.example answered 404' },
    ];
    assert.equal(eachProblem(problems), 'a.example: no (caa); http://b.example answered 404');
  });

  test('is of bounded length for a hundred names, and says how many more there are', () => {
    const text = eachProblem(hundred.map((name) => ({ name, problem: 'x'.repeat(250) })));
    assert.ok(text.length < 1_100, String(text.length));
    assert.match(text, /^name-0\.example: x+; .*; and 97 more$/);
  });

  test('has the first, however long it is', () => {
    const text = eachProblem([
      { name: 'a.example', problem: 'y'.repeat(2_000) },
      { name: 'b.example', problem: 'no' },
    ]);
    assert.match(text, /^a\.example: y{2000}; and 1 more$/);
  });

  test('is empty where nothing is wrong', () => assert.equal(eachProblem([]), ''));

  test('names alone are cut as well', () => {
    assert.equal(eachName(['a.example', 'b.example']), 'a.example, b.example');
    assert.match(eachName(hundred), /^name-0\.example, .*, and 8\d more$/);
  });
});
