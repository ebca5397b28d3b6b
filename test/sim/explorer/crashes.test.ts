import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crashPart, whole } from './crash-part.ts';
import { scenarios } from './scenarios/index.ts';

const others = Object.entries(scenarios).filter(([scenario]) => !whole.some((one) => one === scenario));

/** They share most of their steps with those that are crashed at each; `npm run sim` leaves out none. */
describe('one crash in ten costs at most one orphan order, and nothing else:', () => {
  for (const [scenario, { what }] of others) {
    test(what, async (t) => {
      const { runs, broken } = await crashPart(scenario, { part: 1, of: 10 });
      assert.deepEqual(broken, []);
      t.diagnostic(`${runs} crashes`);
    });
  }
});
