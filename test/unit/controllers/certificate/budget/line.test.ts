import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Line } from '../../../../../src/controllers/certificate/budget/line.ts';
import { type FullAt, spent } from '../../../../../src/controllers/certificate/budget/token-bucket.ts';

const minute = 60_000;
const start = Date.parse('2026-06-01T00:00:00Z');
/** A token each 10 minutes; one that is refilled is believed a minute later. */
const limit = { count: 3, periodMs: 30 * minute };

class Scene {
  readonly line = new Line();
  fullAt: FullAt = spent(undefined, limit, start, limit.count);

  /** When somebody may come, in minutes from the start; keeps their turn. */
  ask(who: string, minutes: number): number {
    const now = start + minutes * minute;
    const turn = this.line.turnOf(who, { fullAt: this.fullAt, limit }, now);
    if (turn > now) this.line.join(who, turn);
    return (turn - start) / minute;
  }

  take(who: string, minutes: number): void {
    this.line.leave(who);
    this.fullAt = spent(this.fullAt, limit, start + minutes * minute);
  }
}

describe('a line before an empty bucket', () => {
  test('gives each the next token that is not promised yet, and keeps to it', () => {
    const scene = new Scene();
    assert.deepEqual(
      ['a', 'b', 'c', 'a', 'b'].map((who) => scene.ask(who, 0)),
      [11, 21, 31, 11, 21],
    );
  });

  test('lets whoever comes at their turn take the token, and nobody before them', () => {
    const scene = new Scene();
    scene.ask('a', 0);
    scene.ask('b', 0);
    assert.equal(scene.ask('late', 11), 31, 'the token of now is for a');
    assert.equal(scene.ask('a', 11.5), 11.5);
    scene.take('a', 11.5);
    assert.equal(scene.ask('b', 12), 21);
    assert.equal(scene.ask('b', 21), 21);
  });

  test('has a token for anybody where a turn was let pass', () => {
    const scene = new Scene();
    scene.ask('gone', 0);
    assert.equal(scene.ask('new', 11), 21);
    assert.equal(scene.ask('new', 21.5), 21.5);
    assert.equal(scene.ask('another', 22), 22, 'the token of the one who never came');
  });

  test('is no line while the bucket has tokens for all', () => {
    const scene = new Scene();
    scene.fullAt = undefined;
    for (const who of ['a', 'b', 'c']) assert.equal(scene.ask(who, 0), 0);
    assert.ok(scene.line.isEmpty);
  });
});
