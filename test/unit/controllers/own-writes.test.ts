import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { OwnWrites, type PlannedFrom } from '../../../src/controllers/own-writes.ts';
import { type Change, configMaps, type KubeObject } from '../../../src/kube/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';

interface Row {
  readonly uid: string;
  readonly resourceVersion: string;
}

const key = 'default/web';
const row = (resourceVersion: string, uid = 'one'): Row => ({ uid, resourceVersion });
const objectOf = ({ uid, resourceVersion }: Row): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: 'web', uid, resourceVersion },
});

/** One object: what the API server has, what the cache shows of it, and how passes are planned. */
function world() {
  const clock = virtualClock();
  const planned: PlannedFrom[] = [];
  const listeners: ((change: Change<Row>) => void)[] = [];
  let shown: Row | undefined;
  const at = {
    clock,
    planned,
    reads: 0,
    /** What a live read gives. */
    live: (): Row | undefined => shown,
    show(after: Row | undefined): void {
      const before = shown;
      shown = after;
      for (const listener of listeners) listener({ key, before, after });
    },
    current: () => writes.current(key, new AbortController().signal),
  };
  const writes = new OwnWrites<Row>({
    clock,
    cache: { get: () => shown, onChange: (listener) => listeners.push(listener) },
    source: {
      resource: configMaps,
      project: ({ metadata: { uid = '', resourceVersion = '' } }) => ({ uid, resourceVersion }),
    },
    client: {
      get: async <T extends KubeObject>() => {
        at.reads += 1;
        const live = at.live();
        return live === undefined ? undefined : (objectOf(live) as T);
      },
    },
    onBehind: (from) => planned.push(from),
  });
  return Object.assign(at, { writes });
}

describe('own writes', () => {
  test('are seen while the cache still shows what they replaced', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    assert.deepEqual([at.writes.get(key), await at.current()], [row('2'), row('2')]);
    assert.deepEqual(at.planned, ['ownWrite']);
    at.show(row('2'));
    assert.deepEqual(await at.current(), row('2'));
    assert.deepEqual([at.planned.length, at.reads], [1, 0]);
  });

  test('are seen through several writes in a row, however far the cache lags', () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.writes.note(row('2'), objectOf(row('3')));
    assert.deepEqual(at.writes.get(key), row('3'));
    at.show(row('2'));
    assert.deepEqual(at.writes.get(key), row('3'));
  });

  test("give way to anybody else's newer version, and for good", () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.show(row('5'));
    assert.deepEqual(at.writes.get(key), row('5'));
    at.show(row('1'));
    assert.deepEqual(at.writes.get(key), row('1'));
  });

  test('are not held when the cache had heard of them before they were answered', async () => {
    const at = world();
    at.show(row('1'));
    at.show(row('2'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.show(row('1'));
    assert.deepEqual(await at.current(), row('1'));
    assert.deepEqual(at.planned, []);
  });

  test('that changed nothing leave nothing behind', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('1')));
    await at.current();
    assert.deepEqual(at.planned, []);
  });

  test('of an object that was made are seen until the cache has it', () => {
    const at = world();
    at.writes.note(undefined, objectOf(row('1')));
    assert.deepEqual(at.writes.get(key), row('1'));
    at.show(row('1'));
    at.show(undefined);
    assert.equal(at.writes.get(key), undefined);
  });

  test('of an object that was made are forgotten when another of its name is gone, but not before', () => {
    const at = world();
    at.show(row('1', 'before'));
    at.show(undefined);
    at.writes.note(undefined, objectOf(row('7', 'ours')));
    assert.deepEqual(at.writes.get(key), row('7', 'ours'));
    at.show(row('3', 'theirs'));
    assert.deepEqual(at.writes.get(key), row('3', 'theirs'));
  });

  test('are of one object, not of the next of its name, whatever its version', () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.show(row('1', 'another'));
    assert.deepEqual(at.writes.get(key), row('1', 'another'));
  });

  test('that removed an object hide it until the cache has heard of it', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.noteRemoved(key, row('1'));
    assert.deepEqual([at.writes.get(key), await at.current()], [undefined, undefined]);
    at.show(undefined);
    at.show(row('9', 'another'));
    assert.deepEqual(at.writes.get(key), row('9', 'another'));
  });
});

describe('a cache that has not caught up with a write for 5 s', () => {
  test('is read past, since others may have written meanwhile', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.live = () => row('6');
    await at.clock.advance(4_999);
    assert.deepEqual(await at.current(), row('2'));
    await at.clock.advance(1);
    assert.deepEqual(await at.current(), row('6'));
    assert.deepEqual(at.planned, ['ownWrite', 'freshRead']);
    at.show(row('2'));
    assert.deepEqual(at.writes.get(key), row('6'));
    at.show(row('6'));
    at.show(row('7'));
    assert.deepEqual(at.writes.get(key), row('7'));
  });

  test('is read past once in 5 s, also where nobody else has written', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.live = () => row('2');
    await at.clock.advance(5_000);
    for (let pass = 0; pass < 10; pass += 1) assert.deepEqual(await at.current(), row('2'));
    assert.equal(at.reads, 1);
    await at.clock.advance(5_000);
    await at.current();
    assert.equal(at.reads, 2);
  });

  test('is not believed that an object is there which is gone', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.live = () => undefined;
    await at.clock.advance(5_000);
    assert.equal(await at.current(), undefined);
    assert.equal(at.writes.get(key), undefined);
  });

  test('fails the pass when the API server does not answer either', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.live = () => {
      throw new TransientError('no answer');
    };
    await at.clock.advance(5_000);
    await assert.rejects(at.current(), TransientError);
    at.live = () => row('3');
    assert.deepEqual(await at.current(), row('3'));
  });

  test('is believed when it catches up while it is read past', async () => {
    const at = world();
    at.show(row('1'));
    at.writes.note(row('1'), objectOf(row('2')));
    at.live = () => {
      at.show(row('8'));
      return row('6');
    };
    await at.clock.advance(5_000);
    await at.current();
    assert.deepEqual(at.writes.get(key), row('8'));
  });
});

/** The versions of one object, of which the cache has seen some, and which of them we made. */
class History {
  readonly at = world();
  readonly #versions: (Row | undefined)[] = [undefined];
  #shown = 0;
  #own = 0;
  #lives = 0;
  /** What a live read gave last: versions between it and those that the cache has shown were passed over. */
  #read = 0;

  constructor() {
    this.at.live = () => {
      this.#read = this.#newest;
      return this.#versions.at(-1);
    };
  }

  /** What may happen. We write and remove what we know, which the API server refuses where it is not the newest. */
  readonly happenings: Readonly<Record<string, (known: Row | undefined) => void | Promise<void>>> = {
    'time passes': () => this.at.clock.advance(5_000),
    'the cache sees more': () => {
      if (this.#shown === this.#newest) return;
      this.#shown += 1;
      this.at.show(this.#versions[this.#shown]);
    },
    'others write': () => void this.#write(),
    'others remove': () => {
      // That an object was made and removed unseen cannot be known of a version, and is left to preconditions.
      if (this.#shown === this.#newest) this.#remove();
    },
    'we write': (known) => {
      if (this.#indexOf(known) < this.#newest) return;
      this.at.writes.note(known, objectOf(this.#write()));
      this.#own = this.#newest;
    },
    'we remove': (known) => {
      if (known === undefined || this.#indexOf(known) < this.#newest) return;
      this.#remove();
      this.at.writes.noteRemoved(key, known);
      this.#own = this.#newest;
    },
  };

  /**
   * Whether this is neither older than what we wrote last nor than what the cache shows. A version that a live read gave or
   * passed over cannot be told from one that somebody made since: the cache is believed, and preconditions catch what comes of it.
   */
  isNewEnough(known: Row | undefined): boolean {
    const index = this.#indexOf(known);
    const isPassedOver = index === this.#shown && index <= this.#read;
    return index >= Math.max(this.#own, this.#shown) || isPassedOver;
  }

  get #newest(): number {
    return this.#versions.length - 1;
  }

  #indexOf(known: Row | undefined): number {
    return this.#versions.findLastIndex((one) => one?.resourceVersion === known?.resourceVersion);
  }

  #write(): Row {
    if (this.#versions.at(-1) === undefined) this.#lives += 1;
    const written = row(String(this.#versions.length), `uid-${this.#lives}`);
    this.#versions.push(written);
    return written;
  }

  #remove(): void {
    if (this.#versions.at(-1) !== undefined) this.#versions.push(undefined);
  }
}

test('a pass never sees a version older than its own last write or than the cache, but one that a live read passed over', async () => {
  const happening = fc.constantFrom(...Object.keys(new History().happenings));
  const property = fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
    const history = new History();
    for (const what of happenings) {
      await history.happenings[what]?.(await history.at.current());
      assert.ok(history.isNewEnough(await history.at.current()));
    }
  });
  await fc.assert(property, { numRuns: 2_000 });
});
