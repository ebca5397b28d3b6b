import type { Scenario } from './scenarios.ts';
import type { Outcome } from './trial.ts';

/** What is wrong with a run when it is compared with the undisturbed one, in sentences. */
export function violationsOf(
  outcome: Outcome,
  reference: Outcome,
  { certificates: most }: Scenario,
): readonly string[] {
  const { broken, end, changes, orders, orphans, allowedOrphans, certificates } = outcome;
  const mayOrder = reference.orders + allowedOrphans;
  return [
    ...broken,
    ...differences(end, reference.end).map(([id, is, ought]) => `${id} ends as ${is}, undisturbed as ${ought}`),
    ...differences(changes, reference.changes).map(
      ([change, is, ought]) => `${change} ${is} times, undisturbed ${ought}`,
    ),
    ...(orphans > allowedOrphans ? [`${orphans} orders were orphaned, ${allowedOrphans} may be`] : []),
    ...(orders > mayOrder ? [`${orders} orders were placed, ${mayOrder} may be`] : []),
    ...(certificates > most ? [`${certificates} certificates were issued, ${most} may be`] : []),
  ];
}

function differences<T>(
  is: ReadonlyMap<string, T>,
  ought: ReadonlyMap<string, T>,
): (readonly [string, string, string])[] {
  return [...new Set([...is.keys(), ...ought.keys()])].flatMap((id) => {
    const [one, other] = [is.get(id), ought.get(id)];
    return one === other ? [] : [[id, String(one ?? 'nothing'), String(other ?? 'nothing')] as const];
  });
}
