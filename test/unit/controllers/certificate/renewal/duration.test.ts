import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDuration } from '../../../../../src/controllers/certificate/renewal/duration.ts';

describe('a duration', () => {
  const cases = [
    ['720h', 2_592_000_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['', undefined],
    ['10d', undefined],
    ['h', undefined],
  ] as const;
  for (const [text, ms] of cases)
    test(`${JSON.stringify(text)} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
});
