import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Plan, sweep, type Verdict } from '../../chaos/sweep/sweep.ts';
import { installCrds } from '../api/kubectl.ts';

/** One at each turn of a renewal; `npm run chaos` tries them all. */
const plans = [
  'newOrder/unheard',
  'certificates.status/unsent',
  'finalize/unheard',
  'secrets/heard',
  'certificates.status#2/unsent',
];

before(() => installCrds());

test('an operator that is killed in a renewal and started anew ends as one that was not, with one certificate', async () => {
  const verdicts: Verdict[] = [];
  await sweep({
    scenarios: ['renewal'],
    wanted: ({ point, phase }: Plan) => plans.includes(`${point}/${phase}`),
    lanes: 3,
    onVerdict: (verdict) => verdicts.push(verdict),
  });
  const [undisturbed, ...crashed] = verdicts;
  assert.deepEqual([undisturbed?.plan, undisturbed?.outcome.certificates], [undefined, 1]);
  assert.equal(crashed.filter(({ outcome }) => outcome.crashed).length, plans.length);
  assert.deepEqual(
    verdicts.flatMap(({ plan, violations }) => violations.map((violation) => `${JSON.stringify(plan)}: ${violation}`)),
    [],
  );
});
