import { differences } from './end-state.ts';
import type { Scenario } from './scenarios/index.ts';
import type { Schedule } from './schedule.ts';
import type { Outcome } from './trial.ts';

interface Judged {
  /** The undisturbed run of the same scenario and seed. */
  readonly reference: Outcome;
  readonly scenario: Scenario;
  readonly schedule: Schedule;
}

/** What is wrong with a run when it is compared with the undisturbed one, in sentences. */
export function violationsOf(outcome: Outcome, { reference, scenario, schedule }: Judged): string[] {
  const { broken, end, orders, orphans, certificates, refusals } = outcome;
  const { refusals: mayRefuse = 0 } = scenario;
  const isCrashed = schedule.disturbances.every(({ kind }) => kind === 'crash');
  // Of two that lead at once each may place every order that there is to place.
  const rivals = schedule.disturbances.filter(({ kind }) => kind === 'sleep' || kind === 'second').length;
  // A CA that hands out open orders again makes good for a crash, but not for one who asks when all is done.
  const byCrashes = scenario.ca?.reuse.orders === true ? 0 : outcome.allowedOrphans;
  const added = byCrashes + rivals * Math.max(1, reference.orders);
  const faults = schedule.disturbances.filter(({ kind }) => kind === 'fault').length;
  const allowedOrphans = reference.orphans + added + (scenario.namesChange === true ? faults : 0);
  const mayOrder = reference.orders + added;
  return [
    ...broken,
    ...(isCrashed ? differences(end, reference.end) : differences(uncounted(end), uncounted(reference.end))),
    ...(orphans > allowedOrphans ? [`${orphans} orders were orphaned, ${allowedOrphans} may be`] : []),
    ...(certificates > scenario.certificates
      ? [`${certificates} certificates were issued, ${scenario.certificates} may be`]
      : []),
    ...(refusals > mayRefuse ? [`the CA refused ${refusals} orders for its limits, ${mayRefuse} may be`] : []),
    ...(isCrashed && orders > mayOrder ? [`${orders} orders were placed, ${mayOrder} may be`] : []),
    ...(isCrashed ? surplus(outcome.writes, reference.writes) : []),
  ];
}

/** A revision in an end state: in a status, an annotation, an intent, or the name of an archived pair. */
const revision = /(?<=revision\\?":\\?"?)\d+|(?<=")\d+(?=\.(?:crt|key)")/g;

/** Where calls fail, or two lead at once, more attempts may have failed than undisturbed: in a row, and each with a revision of its own. */
function uncounted(end: Outcome['end']): Outcome['end'] {
  const found = [...end.values()].flatMap((text) => text.match(revision) ?? []).map(Number);
  const order = [...new Set(found)].toSorted((a, b) => a - b);
  return new Map(
    [...end].map(([id, text]) => [
      id,
      text
        .replace(/"failure":\{"count":\d+/g, '"failure":{"count":"<count>"')
        .replace(revision, (one) => `<revision ${order.indexOf(Number(one)) + 1}>`),
    ]),
  );
}

/** A crash repeats no write that was made. */
function surplus(is: Outcome['writes'], ought: Outcome['writes']): string[] {
  return [...is].flatMap(([write, count]) => {
    const wanted = ought.get(write) ?? 0;
    return count > wanted ? [`${write}: ${count} times, undisturbed ${wanted}`] : [];
  });
}
