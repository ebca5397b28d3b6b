import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../kit/random.ts';
import { Deck } from '../../soak/faults.ts';

test('a deck deals each card once before any comes again, in an order that follows from the seed', () => {
  const cards = ['a', 'b', 'c', 'd', 'e', 'f'];
  const dealt = (seed: number): string[] => {
    const deck = new Deck(cards, new Random(seed));
    return Array.from({ length: 12 }, () => deck.next());
  };
  assert.deepEqual(dealt(1).slice(0, 6).toSorted(), cards);
  assert.deepEqual(dealt(1).slice(6).toSorted(), cards);
  assert.deepEqual(dealt(1), dealt(1));
  assert.notDeepEqual(dealt(1), dealt(2));
});
