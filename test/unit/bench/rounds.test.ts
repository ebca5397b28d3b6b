import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../../bench/benchmark.ts';
import { runRounds } from '../../bench/rounds.ts';

test('subjects take turns, their first round is dropped, and what they made is taken away in any case', async () => {
  const told: string[] = [];
  const subject = (name: string, failing = false): Subject => ({
    name,
    prepare: async () => {
      let count = 0;
      return {
        round: async () => {
          told.push(`${name} ${count}`);
          if (failing && count === 1) throw new Error('broken');
          count += 1;
          return { value: [count] };
        },
        [Symbol.asyncDispose]: async () => {
          told.push(`${name} away`);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {},
  });
  const of = { name: 'first', what: '', rounds: 2 };
  const rounds = await runRounds([of], [subject('a'), subject('b')]);
  assert.deepEqual(told, ['a 0', 'b 0', 'a 1', 'b 1', 'a 2', 'b 2', 'b away', 'a away']);
  assert.deepEqual(
    rounds.map(({ subject: name, round, samples }) => [name, round, samples['value']]),
    [
      ['a', 1, [2]],
      ['b', 1, [2]],
      ['a', 2, [3]],
      ['b', 2, [3]],
    ],
  );
  told.length = 0;
  await assert.rejects(runRounds([of], [subject('a'), subject('b', true)]), { message: 'broken' });
  assert.deepEqual(told.slice(-2), ['b away', 'a away']);
});

test('a cold case has no round to warm up with, and a subject may take no part in a case', async () => {
  let asked = 0;
  const absent: Subject = {
    name: 'absent',
    prepare: async () => {
      asked += 1;
      return undefined;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const present: Subject = {
    name: 'present',
    prepare: async () => ({ round: async () => ({ value: [1] }), [Symbol.asyncDispose]: async () => {} }),
    [Symbol.asyncDispose]: async () => {},
  };
  const told: number[] = [];
  const of = { name: 'restart', what: '', rounds: 2, cold: true } as const;
  const rounds = await runRounds([of], [absent, present], ({ round }) => told.push(round));
  assert.equal(asked, 1);
  assert.deepEqual(told, [1, 2]);
  assert.deepEqual(
    rounds.map(({ subject, round }) => [subject, round]),
    [
      ['present', 1],
      ['present', 2],
    ],
  );
});
